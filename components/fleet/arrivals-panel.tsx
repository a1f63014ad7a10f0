'use client';

import { unitOf } from '@/lib/model/format';
import type { WholePoint } from '@/lib/model/points';
import { MINUTE } from '@/lib/model/time/duration';
import type { ChartSeries } from '../charts/series';
import { lookOf } from '../charts/series';
import { TimeSeriesChart } from '../charts/time-series-chart';
import { rateText } from './figures';

export interface ArrivalsPanelProps {
  points: readonly WholePoint[];
  perSecond: number | null;
  stepMs: number;
  /** The server's time, ms. */
  now: number;
  height: number;
}

const WINDOW_MS = 15 * MINUTE;
const UNIT = unitOf('samples', '', 'avg');

/** How many samples this server commits per second, counted as they arrive. */
export function ArrivalsPanel({ points, perSecond, stepMs, now, height }: ArrivalsPanelProps) {
  const series: ChartSeries[] = [
    { key: 'samples', name: 'Samples per second', points, band: false, aggregate: 'avg', ...lookOf(2) },
  ];
  return (
    <section
      aria-label="Samples per second"
      className="flex min-w-0 flex-col rounded-lg border bg-surface"
      data-panel
    >
      <h2 className="truncate px-3 pt-2 text-sm font-medium text-ink-2">Samples per second</h2>
      <div className="min-w-0 px-2 pb-2">
        <p className="flex min-h-7 items-baseline gap-2 px-1">
          <span className="text-lg leading-6 font-semibold">
            {perSecond === null ? '–' : rateText(perSecond)}
          </span>
          <span className="text-xs text-ink-3">committed, over the last 10 s</span>
        </p>
        <TimeSeriesChart
          label="Samples per second"
          series={series}
          range={[now - WINDOW_MS, now]}
          step={stepMs}
          openFrom={now - stepMs}
          unit={UNIT}
          height={height}
        />
      </div>
    </section>
  );
}
