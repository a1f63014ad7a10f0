import { Growth } from '../../memory/ring/growth';
import type { SampleBuffer } from '../../memory/ring/sample-buffer';
import { meanOf, totalOf } from '../../model/arithmetic';
import type { Headline } from '../../model/fleet/headlines';
import type { MetricType } from '../../model/series';
import { MINUTE } from '../../model/time/duration';

/**
 * What a counter gained per second between its samples at the indices `[first, end)`, resets counted as history counts
 * them: Σ deltas / Σ elapsed, a fall being a start from zero. Null with fewer than two samples.
 */
export function ratePerSecond(samples: SampleBuffer, first: number, end: number): number | null {
  const growth = new Growth();
  growth.measure(samples, first + 1, end);
  return growth.elapsedMs > 0 ? growth.rate : null;
}

/** A figure this much older than its host's newest sample is history: some are measured once a minute only. */
const CURRENT_MS = 2 * MINUTE;

/**
 * What a series says now: the newest value of a gauge; of a counter its rate over `rateMs`, or between its last two
 * samples when they lie farther apart. Null when it has fallen silent before its host did (`lastSeen`).
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
  const told = readings.filter((value) => value !== null);
  if (told.length === 0) return null;
  if (how === 'max') return told.reduce((highest, value) => Math.max(highest, value));
  return how === 'sum' ? totalOf(told) : meanOf(told);
}
