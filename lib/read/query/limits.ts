import { PulseError } from '../../model/errors';
import { alignDown, alignUp, type PointsAnswer } from '../../model/points';
import type { Fill, Ranking } from '../../model/question';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import { countSteps, fixedSteps, type Steps } from '../../model/time/steps';
import type { ReadingWork } from '../../runtime/work/work';
import type { GroupedQuestion, ReadPoints } from './grouped-question';
import { MAX_GROUPS } from './query-params';

/** Points of an answer at most, and samples of `step=raw`: more would slow down all others on this server. */
const MAX_ANSWER_POINTS = 2_000_000;
/** The same with `fill`, where every step may have a point, and a live stream holds them all. */
export const MAX_FILLED_POINTS = 200_000;
/** Groups that may be ranked. */
const MAX_RANKED_GROUPS = 50_000;

export function isRaw({ steps }: { steps: Steps }): boolean {
  return steps.ms === 1;
}

/** @throws PulseError `too_expensive` when there are more groups than an answer may have. */
export function limitGroups(count: number, by: readonly string[], ranking: Ranking | null): void {
  const most = ranking ? MAX_RANKED_GROUPS : MAX_GROUPS;
  if (count > most) refuse(`by=${by.join()} makes more than ${most} groups, which are the limit`);
}

/** @returns points that so many groups may have. @throws PulseError `too_expensive` when an answer may not. */
export function limitPoints(
  groups: number,
  { start, end, steps, fill = 'none' }: { start: number; end: number; steps: Steps; fill?: Fill },
): number {
  const points = groups * countSteps(steps, start, end);
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
 * Range and step do not say how many points `step=raw` makes. So the samples of all whole minutes (of long ranges:
 * hours) are counted before they are read, which is cheap.
 *
 * @returns their number.
 * @throws PulseError `too_many_points`, `too_expensive`.
 */
export async function limitRawSamples(
  question: GroupedQuestion,
  most: number,
  read: ReadPoints,
  work: ReadingWork,
): Promise<number> {
  let samples = 0;
  for (const index of question.operands.keys()) {
    const counts = await countSamples(question, index, read, work);
    // A group has at least as many points as its series have samples on average.
    const fewest = Math.max(
      0,
      ...counts.map((count, g) => count / question.groups[g].seriesByOperand[index].length),
    );
    // Of two operands, a point needs both.
    if (fewest > most && question.operands.length === 1) refuseRaw(fewest, most);
    samples += counts.reduce((sum, count) => sum + count, 0);
  }
  if (samples > MAX_ANSWER_POINTS)
    refuse(`this reads ${samples} samples, ${MAX_ANSWER_POINTS} are the limit`);
  return samples;
}

/** Samples of one operand in all whole minutes or hours, by group. */
async function countSamples(
  { operands, groups, ...question }: GroupedQuestion,
  operandIndex: number,
  read: ReadPoints,
  work: ReadingWork,
): Promise<number[]> {
  const operand = operands[operandIndex];
  const step = question.end - question.start > DAY ? HOUR : MINUTE;
  const start = alignUp(question.start - operand.offset, step);
  const end = alignDown(question.end - operand.offset, step);
  if (start >= end) return groups.map(() => 0);
  const counted: GroupedQuestion = {
    operands: [{ ...operand, aggregates: ['count'], offset: 0 }],
    expression: null,
    groups: groups.map((group) => ({ ...group, seriesByOperand: [group.seriesByOperand[operandIndex]] })),
    steps: fixedSteps(step),
    start,
    end,
  };
  const answer = await read(counted, work);
  return answer.groups.map((group) => group.reduce((sum, [, count]) => sum + (count ?? 0), 0));
}

/** @throws PulseError `too_many_points` when a group has more points than asked for. */
export function limitRawPoints({ groups }: PointsAnswer, most: number): void {
  for (const group of groups) if (group.length > most) refuseRaw(group.length, most);
}

function refuseRaw(points: number, most: number): never {
  throw new PulseError(
    'too_many_points',
    `step=raw makes ${Math.floor(points)} points a series or more in this range, ${most} are the limit; ask for a shorter range or for step=auto.`,
  );
}
