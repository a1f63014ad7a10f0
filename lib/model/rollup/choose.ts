import { PulseError } from '../errors';
import { alignDown, alignUp } from '../points';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../time/duration';
import { type Retention, tierForStep } from './tiers';

/** The steps `auto` chooses from, ms. */
export const AUTO_STEPS = [
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  30 * DAY,
] as const;
const COARSEST = AUTO_STEPS[AUTO_STEPS.length - 1];

/** Samples are late now and then: a step may be this much shorter than the interval of the series. */
const INTERVAL_SLACK = 1.1;

/** Points a series of an answer with an explicit step may have at most, when the question sets no limit. */
export const MAX_POINTS = 5_000;

/** A step in ms; `raw` is 1. */
export type StepRequest = 'auto' | number | 'week' | 'month';

export interface StepOptions {
  /** The range, epoch ms; `end` exclusive. */
  start: number;
  end: number;
  requested: 'auto' | number;
  /** Points per series at most. */
  maxPoints: number;
  /** Whether the asker set `maxPoints`: only then does it bind an explicit step. */
  maxPointsGiven: boolean;
  /** How much before the range its samples may lie, ms. */
  offset?: number;
  /** Whether the range moves with the clock: then `auto` leaves room for it to begin anywhere in a step. */
  isMoving?: boolean;
  /** The interval of the series, ms: `auto` is no finer, because not every series would have a sample in every step. */
  intervalMs?: number;
  now: number;
  retention: Retention;
}

/**
 * The step, in ms, that a range is answered in.
 *
 * `auto` is the finest of the ladder that keeps within `maxPoints`, is still stored for the whole range and is not
 * finer than the interval of the series. An explicit step is used as it is. How many points `raw` (1) makes is not
 * known beforehand: it always passes here, and the reader limits the points.
 *
 * @throws PulseError `bad_parameter` for an invalid range or step, `too_many_points` naming a step that fits.
 */
export function chooseStep(options: StepOptions): number {
  const { start, end, requested, maxPoints, maxPointsGiven } = options;
  if (!(start < end)) throw new PulseError('bad_parameter', 'start must be before end.');
  if (requested === 'auto') return chooseAuto(options);

  if (!Number.isInteger(requested) || requested < 1)
    throw new PulseError('bad_parameter', 'step must be a whole number of milliseconds, 1 or more.');
  const most = maxPointsGiven ? maxPoints : MAX_POINTS;
  const points = countPoints(start, end, requested);
  if (requested > 1 && points > most) {
    const fitting = formatDuration(finestWithin(start, end, most));
    throw new PulseError(
      'too_many_points',
      `step=${formatDuration(requested)} over this range makes ${points} points a series, ${most} are the limit; step=${fitting} would fit.`,
    );
  }
  return requested;
}

function chooseAuto({
  start,
  end,
  maxPoints,
  isMoving,
  offset = 0,
  intervalMs = 0,
  now,
  retention,
}: StepOptions): number {
  const neededAge = Math.min(now - start + offset, reach(COARSEST, retention));
  const finest = AUTO_STEPS.find((step) => step * INTERVAL_SLACK >= intervalMs) ?? COARSEST;
  const stored = AUTO_STEPS.filter((step) => step >= finest && reach(step, retention) >= neededAge);
  const lasting = isMoving ? stored.find((step) => Math.ceil((end - start) / step) < maxPoints) : undefined;
  const found = lasting ?? stored.find((step) => countPoints(start, end, step) <= maxPoints);
  return found ?? finestWithin(start, end, maxPoints);
}

/** How far back points of this step can be made, ms: coarser tiers are kept at least as long as finer ones. */
function reach(step: number, retention: Retention): number {
  return retention[tierForStep(step)];
}

/** The finest step of the ladder, or multiple of its coarsest, that makes at most `most` points of the range. */
function finestWithin(start: number, end: number, most: number): number {
  const onLadder = AUTO_STEPS.find((step) => countPoints(start, end, step) <= most);
  if (onLadder) return onLadder;
  let step = alignUp((end - start) / most, COARSEST);
  // Aligning the range can add a point at either end. A step that reaches beyond the range from 1970 has one point.
  while (countPoints(start, end, step) > most && step < end) step += COARSEST;
  return step;
}

function countPoints(start: number, end: number, step: number): number {
  return (alignUp(end, step) - alignDown(start, step)) / step;
}
