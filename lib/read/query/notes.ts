import { isGrowth } from '../../model/aggregates';
import { isWhole, type Point } from '../../model/points';
import { COUNTER_GAP_MS } from '../../model/samples';
import { DAY, MINUTE } from '../../model/time/duration';
import { wholeStep } from '../../model/time/steps';
import type { Note } from '../../model/wire/history';
import type { Work } from '../../runtime/work/work';
import type { GroupedQuestion, ReadPoints } from './grouped-question';

/** When a series was last seen may be recorded so much too early, ms. */
const LAST_SEEN_SLACK_MS = 10 * MINUTE;

/**
 * Why points are missing where samples are not. Of groups among others that have points, only those are looked at
 * that have been seen since the range began: hosts that are gone need no word.
 *
 * @param points what was answered, of each group in the question's order.
 */
export async function notesOn(
  question: GroupedQuestion,
  points: ReadonlyArray<readonly Point[]>,
  read: ReadPoints,
  work: Work,
): Promise<Note[]> {
  const notes: Note[] = [];
  for (const index of question.operands.keys())
    notes.push(...(await notesOnGrowth(question, index, points, read, work)));
  return notes;
}

async function notesOnGrowth(
  { operands, expression, groups, steps, start, end }: GroupedQuestion,
  operandIndex: number,
  points: ReadonlyArray<readonly Point[]>,
  read: ReadPoints,
  work: Work,
): Promise<Note[]> {
  const operand = operands[operandIndex];
  const { aggregates, offset } = operand;
  const growth = aggregates.flatMap((aggregate, i) => (isGrowth(aggregate) ? [i] : []));
  if (growth.length === 0 || start >= end) return [];
  const tells = (of: readonly Point[]) =>
    growth.every((i) => of.some((point) => (point[1 + i] ?? null) !== null));
  const silent = groups.filter((_, i) => !tells(points[i] ?? []));
  const isAll = silent.length === groups.length;
  const series = silent
    .flatMap((group) => group.seriesByOperand[operandIndex])
    .filter(({ lastSeen }) => isAll || lastSeen >= start - offset - LAST_SEEN_SLACK_MS);
  if (series.length === 0) return [];
  const names = growth.map((i) => aggregates[i]);
  const whole: GroupedQuestion = {
    // Where two operands calculate, it may be the other one that is missing.
    operands: [{ ...operand, aggregates: expression ? ['count', ...names] : ['count'] }],
    expression: null,
    groups: [{ key: '', labels: {}, seriesByOperand: [series] }],
    steps: wholeStep(start, end, steps),
    start,
    end,
  };
  const [counted] = (await read(whole, work)).groups;
  if (counted.length === 0 || (expression && isWhole(counted[0]))) return [];
  const where = isAll ? '' : 'of some groups ';
  return [
    {
      code: 'no_predecessor',
      message: `${names.join(', ')} ${where}cannot be told: it needs two samples of a series at most ${COUNTER_GAP_MS / DAY} days apart, and those in this range have none before them.`,
    },
  ];
}
