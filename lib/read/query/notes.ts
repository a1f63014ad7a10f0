import { isGrowth } from '../../model/aggregates';
import { isWhole, type Point } from '../../model/points';
import { COUNTER_GAP_MS } from '../../model/samples';
import { DAY, MINUTE } from '../../model/time/duration';
import { wholeStep } from '../../model/time/steps';
import type { Note } from '../../model/wire/history';
import type { ReadingWork } from '../../runtime/work/work';
import type { GroupedQuestion, ReadPoints } from './grouped-question';

/** The recorded time of a series' last sample may be this much too early. */
const LAST_SEEN_SLACK_MS = 10 * MINUTE;

/**
 * Notes that explain why groups have samples and no points. Where other groups have points, only groups with samples
 * since the range began are noted: hosts that are gone need no note.
 *
 * @param points the answer's points of each group, in the question's order.
 */
export async function notesOn(
  question: GroupedQuestion,
  points: ReadonlyArray<readonly Point[]>,
  read: ReadPoints,
  work: ReadingWork,
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
  work: ReadingWork,
): Promise<Note[]> {
  const operand = operands[operandIndex];
  const { aggregates, offset } = operand;
  const growth = aggregates.flatMap((aggregate, i) => (isGrowth(aggregate) ? [i] : []));
  if (growth.length === 0 || start >= end) return [];
  const hasGrowth = (answered: readonly Point[]) =>
    growth.every((i) => answered.some((point) => (point[1 + i] ?? null) !== null));
  const silent = groups.filter((_, i) => !hasGrowth(points[i] ?? []));
  const isAll = silent.length === groups.length;
  const series = silent
    .flatMap((group) => group.seriesByOperand[operandIndex])
    .filter(({ lastSeen }) => isAll || lastSeen >= start - offset - LAST_SEEN_SLACK_MS);
  if (series.length === 0) return [];
  const names = growth.map((i) => aggregates[i]);
  const whole: GroupedQuestion = {
    // With an expression the other operand may be the one without points: growth is checked by itself.
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
      message: `${names.join(', ')} ${where}cannot be computed: it needs two samples of a series at most ${COUNTER_GAP_MS / DAY} days apart, and those in this range have none before them.`,
    },
  ];
}
