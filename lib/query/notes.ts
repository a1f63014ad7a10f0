import { isGrowth } from '../aggregates';
import { COUNTER_GAP_MS, DAY, MINUTE, type Point } from '../model';
import type { Work } from '../work/work';
import type { PointsQuestion, ReadPoints } from './points';

/** What a person should know of an answer. */
export interface Note {
  code: NoteCode;
  /** A sentence for people. */
  message: string;
}

export const NOTE_CODES = ['no_predecessor'] as const;
export type NoteCode = (typeof NOTE_CODES)[number];

/** When a series was last seen may be recorded so much too early, ms. */
const LAST_SEEN_SLACK_MS = 10 * MINUTE;

/**
 * Why points are missing where samples are not. Of groups among others that have points, only those are looked at
 * that have been seen since the range began: hosts that are gone need no word.
 *
 * @param points what was answered, of each group in the question's order.
 */
export async function notesOn(
  question: PointsQuestion,
  points: ReadonlyArray<readonly Point[]>,
  read: ReadPoints,
  work: Work,
): Promise<Note[]> {
  const { aggregates, groups, start, end } = question;
  const growth = aggregates.flatMap((aggregate, i) => (isGrowth(aggregate) ? [i] : []));
  if (growth.length === 0 || start >= end) return [];
  const tells = (of: readonly Point[]) =>
    growth.every((i) => of.some((point) => (point[1 + i] ?? null) !== null));
  const silent = groups.filter((_, i) => !tells(points[i] ?? []));
  const isAll = silent.length === groups.length;
  const series = silent
    .flatMap((group) => group.series)
    .filter(({ lastSeen }) => isAll || lastSeen >= start - LAST_SEEN_SLACK_MS);
  if (series.length === 0) return [];
  const whole = {
    ...question,
    aggregates: ['count'] as const,
    groups: [{ key: '', labels: {}, series }],
    step: end - start,
  };
  const [counted] = (await read(whole, work)).points;
  if (counted.length === 0) return [];
  const names = growth.map((i) => aggregates[i]).join(', ');
  const where = isAll ? '' : 'of some groups ';
  return [
    {
      code: 'no_predecessor',
      message: `${names} ${where}cannot be told: it needs two samples of a series at most ${COUNTER_GAP_MS / DAY} days apart, and those in this range have none before them.`,
    },
  ];
}
