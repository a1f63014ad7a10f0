import type { Labels } from '../../model/labels';
import { HOUR } from '../../model/time/duration';
import type { IncomingSample } from './sample';

/** An interval is not looked back on for longer: raw samples may not be kept for so long. */
const LONGEST_MS = HOUR;

/**
 * Some protocols send what was counted since the last time, and not what was counted in all. As a counter that is two
 * samples: zero just after the interval begins, where the one before has ended, and the count at its end. A counter
 * that falls has started anew, so `increase` over any range is the sum of what was sent, and `rate` divides it by the
 * time it was counted in. No node has to remember a total, a repeated or late interval changes nothing else, and two
 * nodes may count the same.
 *
 * @param start of the interval, epoch ms; 0 where the sender does not say
 * @returns when it was zero: between the intervals before `end` and `end`
 */
export function zeroBefore(start: number, end: number): number {
  if (start <= 0) return end - 1;
  return Math.min(end - 1, Math.max(start + 1, end - LONGEST_MS));
}

/** What was observed up to a time, before its buckets or its quantiles; whichever protocol sent it. */
export interface Observations {
  index: number;
  name: string;
  labels: Labels;
  timestamp: number;
  /** Of what counts since the one before: when it began, epoch ms, 0 where that is unknown. */
  since?: number;
  count: number;
}

/** Adds a total of observations as a counter, which begins at zero where it counts since the one before. */
export function addTotal(
  { index, name, labels, timestamp, since }: Observations,
  suffix: string,
  total: number,
  samples: IncomingSample[],
  own: Labels = labels,
): void {
  const push = (value: number, at: number) =>
    samples.push({ index, name: name + suffix, value, timestamp: at, labels: own, type: 'counter' });
  if (since !== undefined) push(0, zeroBefore(since, timestamp));
  push(total, timestamp);
}
