import { Growth } from '../../memory/ring/growth';
import type { SampleBuffer } from '../../memory/ring/sample-buffer';
import { meanOf, totalOf } from '../../model/arithmetic';
import type { Headline } from '../../model/fleet/headlines';
import type { MetricType } from '../../model/series';
import { MINUTE } from '../../model/time/duration';

/**
 * The rate of a counter over its samples `[first, end)`, as history computes it: Σ increase / Σ elapsed seconds, a fall
 * being a reset to 0. Null with fewer than two samples.
 */
export function ratePerSecond(samples: SampleBuffer, first: number, end: number): number | null {
  const growth = new Growth();
  growth.measure(samples, first + 1, end);
  return growth.elapsedMs > 0 ? growth.rate : null;
}

/** A sample this much older than its host's newest is not current: some metrics are measured once a minute only. */
const CURRENT_MS = 2 * MINUTE;

/**
 * The current value of a series: the newest of a gauge; of a counter its rate over `rateMs`, or between its last two
 * samples when they lie farther apart. Null when its newest sample is much older than its host's (`lastSeen`).
 */
export function reading(
  samples: SampleBuffer | undefined,
  type: MetricType,
  lastSeen: number,
  rateMs: number,
): number | null {
  if (!samples || samples.length === 0) return null;
  const newest = samples.end - 1;
  if (samples.timestampAt(newest) < lastSeen - Math.max(CURRENT_MS, rateMs)) return null;
  if (type !== 'counter') return samples.valueAt(newest);
  const first = Math.min(samples.lowerBound(samples.timestampAt(newest) - rateMs), newest - 1);
  return ratePerSecond(samples, Math.max(first, samples.start), samples.end);
}

/** One figure from the readings of a host's devices; null when none has a reading. */
export function combine(how: Headline['combine'], readings: ReadonlyArray<number | null>): number | null {
  const values = readings.filter((value) => value !== null);
  if (values.length === 0) return null;
  if (how === 'max') return values.reduce((highest, value) => Math.max(highest, value));
  return how === 'sum' ? totalOf(values) : meanOf(values);
}
