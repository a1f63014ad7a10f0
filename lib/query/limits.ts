import { PulseError } from '../errors';
import { alignDown, alignUp, DAY, type Fill, HOUR, MINUTE, type Ranking } from '../model';
import type { Work } from '../work/work';
import { MAX_GROUPS } from './params';
import type { PointsAnswer, PointsQuestion, ReadPoints } from './points';

/** Points an answer may come to, and samples of `step=raw`: more would be felt by everyone else on this server. */
const MAX_ANSWER_POINTS = 2_000_000;
/** Of points that are filled, each may stand where there is none; and a live stream holds them all. */
export const MAX_FILLED_POINTS = 200_000;
/** Groups among which the first may be looked for. */
const MAX_RANKED_GROUPS = 50_000;

export function isRaw({ step }: { step: number }): boolean {
  return step === 1;
}

/** @throws PulseError `too_expensive` when there are more groups than an answer may have. */
export function limitGroups(count: number, by: readonly string[], ranking: Ranking | null): void {
  const most = ranking ? MAX_RANKED_GROUPS : MAX_GROUPS;
  if (count > most) refuse(`by=${by.join()} makes more than ${most} groups, which are the limit`);
}

/** @returns points that so many groups may have. @throws PulseError `too_expensive` when an answer may not. */
export function limitPoints(
  groups: number,
  { start, end, step, fill = 'none' }: { start: number; end: number; step: number; fill?: Fill },
): number {
  const points = groups * ((end - start) / step);
  const most = fill === 'none' ? MAX_ANSWER_POINTS : MAX_FILLED_POINTS;
  if (points > most) refuse(`this asks for up to ${Math.ceil(points)} points, ${most} are the limit`);
  return points;
}

function refuse(what: string): never {
  throw new PulseError(
    'too_expensive',
    `${what}; narrow it with match, group by less, ask for top, bottom or a coarser step.`,
  );
}

/**
 * How many points `step=raw` makes, range and step do not tell: before they are read, the samples of all whole
 * minutes (of long ranges: hours) are counted, which is cheap.
 *
 * @returns so many.
 * @throws PulseError `too_many_points`, `too_expensive`.
 */
export async function limitRawSamples(
  question: PointsQuestion,
  most: number,
  read: ReadPoints,
  work: Work,
): Promise<number> {
  const step = question.end - question.start > DAY ? HOUR : MINUTE;
  const start = alignUp(question.start, step);
  const end = alignDown(question.end, step);
  if (start >= end) return 0;
  const { points } = await read({ ...question, aggregates: ['count'], start, end, step }, work);
  const counts = points.map((group) => group.reduce((sum, [, count]) => sum + (count ?? 0), 0));
  // No fewer points than the longest series has samples, which is no fewer than the mean.
  const fewest = Math.max(0, ...counts.map((count, i) => count / question.groups[i].series.length));
  if (fewest > most) refuseRaw(fewest, most);
  const samples = counts.reduce((sum, count) => sum + count, 0);
  if (samples > MAX_ANSWER_POINTS)
    refuse(`this reads ${samples} samples, ${MAX_ANSWER_POINTS} are the limit`);
  return samples;
}

/** @throws PulseError `too_many_points` when a group has more points than asked for. */
export function limitRawPoints({ points }: PointsAnswer, most: number): void {
  for (const group of points) if (group.length > most) refuseRaw(group.length, most);
}

function refuseRaw(points: number, most: number): never {
  throw new PulseError(
    'too_many_points',
    `step=raw makes ${Math.floor(points)} points a series or more in this range, ${most} are the limit; ask for a shorter range or for step=auto.`,
  );
}
