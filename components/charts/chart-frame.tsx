'use client';

import { useLayoutEffect } from 'react';
import {
  CartesianGrid,
  LineChart,
  usePlotArea,
  useXAxisDomain,
  useYAxisDomain,
  XAxis,
  YAxis,
} from 'recharts';
import type { ChartSeries } from './series';
import { SeriesPaths } from './series-paths';
import type { Axis } from './ticks';
import { timeTickLabel } from './ticks';

export interface ChartFrameProps {
  width: number;
  height: number;
  margin: { top: number; right: number; bottom: number; left: number };
  x: readonly [number, number];
  xTicks: { ticks: number[]; step: number };
  y: Axis;
  formatY(value: number): string;
  series: readonly ChartSeries[];
  step: number;
  openFrom: number;
  /** Called after the first drawing. */
  onDrawn(): void;
}

const TICK_STYLE = { fontSize: 11, fill: 'var(--ink-3)' };
const NO_ROWS: never[] = [];

/** Axes, grid and coordinate system, drawn by recharts. The ticks are given, so recharts does not measure them. */
export function ChartFrame({ width, height, margin, x, xTicks, y, formatY, ...lines }: ChartFrameProps) {
  return (
    <LineChart
      width={width}
      height={height}
      data={NO_ROWS}
      margin={{ top: margin.top, right: margin.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
      className="pointer-events-none"
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        type="number"
        dataKey="t"
        domain={[...x]}
        ticks={xTicks.ticks}
        tickFormatter={(t: number) => timeTickLabel(t, xTicks.step)}
        allowDataOverflow
        interval={0}
        height={margin.bottom}
        tick={TICK_STYLE}
        tickLine={false}
        axisLine={{ stroke: 'var(--line)' }}
      />
      <YAxis
        type="number"
        domain={y.domain}
        ticks={y.ticks}
        tickFormatter={formatY}
        allowDataOverflow
        interval={0}
        width={margin.left}
        tick={TICK_STYLE}
        tickLine={false}
        axisLine={false}
      />
      <Lines {...lines} />
    </LineChart>
  );
}

type LinesProps = Pick<ChartFrameProps, 'series' | 'step' | 'openFrom' | 'onDrawn'>;

/** Draws the series in the coordinates that recharts computed. */
function Lines({ series, step, openFrom, onDrawn }: LinesProps) {
  const area = usePlotArea();
  const x = useXAxisDomain(0);
  const y = useYAxisDomain(0);
  const ready = area !== undefined && x !== undefined && y !== undefined;
  useLayoutEffect(() => {
    if (ready) onDrawn();
  }, [ready, onDrawn]);
  if (!ready) return null;
  const plot = {
    width: area.width,
    height: area.height,
    x: [Number(x[0]), Number(x[x.length - 1])] as const,
    y: [Number(y[0]), Number(y[y.length - 1])] as const,
  };
  return (
    <svg x={area.x} y={area.y} width={area.width} height={area.height} overflow="hidden" aria-hidden>
      <SeriesPaths series={series} plot={plot} step={step} openFrom={openFrom} />
    </svg>
  );
}
