import type { Metric } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { intervalOfSamples } from './reporting-interval';
import type { Ring } from './ring';

/** How many series of a metric are measured. */
const LOOKED_AT = 64;
const KEPT_MS = 10 * SECOND;

/** How often the series of metrics report, measured in memory. */
export class MetricIntervals {
  private readonly known = new WeakMap<Metric, { intervalMs: number; asOf: number }>();

  constructor(private readonly ring: Pick<Ring, 'samples'>) {}

  /** The interval that nine in ten series of the metric keep, ms; 0 when memory has too few samples. */
  of(metric: Metric, now: number): number {
    const known = this.known.get(metric);
    if (known && Math.abs(now - known.asOf) < KEPT_MS) return known.intervalMs;
    const intervalMs = this.measure(metric);
    this.known.set(metric, { intervalMs, asOf: now });
    return intervalMs;
  }

  private measure({ series }: Metric): number {
    const intervals: number[] = [];
    for (let i = 0; i < series.length; i += Math.max(1, series.length / LOOKED_AT)) {
      const samples = this.ring.samples(series[Math.floor(i)].id);
      const interval = samples && intervalOfSamples(samples);
      if (interval) intervals.push(interval);
    }
    intervals.sort((a, b) => a - b);
    return intervals[Math.ceil(0.9 * intervals.length) - 1] ?? 0;
  }
}
