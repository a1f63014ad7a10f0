'use client';

import { useCallback, useId, useMemo, useRef, useState } from 'react';
import { axisFormatter, type Unit } from '@/lib/model/format';
import { useWidth } from '../ui/use-width';
import { ChartFrame } from './chart-frame';
import { ChartPointer } from './chart-pointer';
import { Poster } from './poster';
import type { ChartSeries } from './series';
import { extentOf, timeTicks, valueAxis } from './ticks';

export interface TimeSeriesChartProps {
  /** What the chart shows, for assistive technology. */
  label: string;
  series: readonly ChartSeries[];
  /** The times at the left and right edge, ms. */
  range: readonly [start: number, end: number];
  step: number;
  /** Points that start later are still filling. */
  openFrom: number;
  unit: Unit;
  height: number;
  /** Chosen by dragging, or with Shift and the arrow keys then Enter. */
  onZoom?(start: number, end: number): void;
  onZoomOut?(): void;
}

const MARGIN = { top: 10, right: 16, bottom: 22, left: 66 };
const PX_PER_X_TICK = 90;
const PX_PER_Y_TICK = 44;

export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const { series, range, step, openFrom, unit, height } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const [drawn, setDrawn] = useState(false);
  const onDrawn = useCallback(() => setDrawn(true), []);

  const [start, end] = range;
  const x = useMemo(() => [start, end] as const, [start, end]);
  const y = useMemo(() => {
    const plain = extentOf(
      series.map(({ points }) => points),
      [1],
      x,
    );
    const banded = extentOf(
      series.flatMap(({ band, points }) => (band ? [points] : [])),
      [2, 3],
      x,
    );
    const extent =
      plain && banded ? ([Math.min(plain[0], banded[0]), Math.max(plain[1], banded[1])] as const) : plain;
    return valueAxis(
      extent,
      unit,
      Math.max(2, Math.floor((height - MARGIN.top - MARGIN.bottom) / PX_PER_Y_TICK)),
    );
  }, [series, x, unit, height]);
  const formatY = useMemo(() => axisFormatter(y.ticks, unit), [y, unit]);
  const drawing = { x, y, formatY, series, step, openFrom, margin: MARGIN, height };

  return (
    <div
      ref={box}
      className="relative min-w-0"
      style={{ height }}
      data-chart
      data-start={start}
      data-end={end}
    >
      {!drawn && <Poster {...drawing} />}
      {width > 0 && (
        <div className="absolute inset-0">
          <ChartFrame
            {...drawing}
            width={width}
            xTicks={timeTicks(x, Math.max(2, Math.floor((width - MARGIN.left) / PX_PER_X_TICK)))}
            onDrawn={onDrawn}
          />
        </div>
      )}
      {width > 0 && (
        <ChartPointer
          {...props}
          id={id}
          margin={MARGIN}
          plot={{
            width: width - MARGIN.left - MARGIN.right,
            height: height - MARGIN.top - MARGIN.bottom,
            x,
            y: y.domain,
          }}
        />
      )}
    </div>
  );
}
