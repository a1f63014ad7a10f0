import { labelsKey } from '../../model/labels';
import type { GroupPoints } from '../../model/points';
import type { Ranking } from '../../model/question';
import { SECOND } from '../../model/time/duration';
import { wholeStep } from '../../model/time/steps';
import { firstRanked, type Rank, topGroups } from '../../model/top';
import type { PausableWork, ReadingWork } from '../../runtime/work/work';
import type { GroupedQuestion, JoinedGroup, ReadPoints } from './grouped-question';

/** How far back the newest points are searched first, and the factor by which that grows. */
const FIRST_STEPS = 2;
const FIRST_MS = 15 * SECOND;
const GROWTH = 8;
/** Groups ranked in one go: some milliseconds. */
const PIECE = 1_024;

export interface RankedGroup extends GroupPoints {
  group: JoinedGroup;
}

/**
 * The groups that the ranking keeps, in its order.
 * @param completeFrom ranks over the range use points from here on, epoch ms
 */
export async function rankGroups(
  question: GroupedQuestion,
  ranking: Ranking,
  read: ReadPoints,
  work: ReadingWork,
  completeFrom = question.start,
): Promise<JoinedGroup[]> {
  const kept =
    ranking.by === 'latest'
      ? await keepFirst(await readLatest(question, read, work), (groups) => topGroups(groups, ranking), work)
      : await rankWhole({ ...question, start: completeFrom }, ranking, read, work);
  return kept.map(({ group }) => group);
}

/** The first of the groups by their value over the whole range. */
export async function rankWhole(
  question: GroupedQuestion,
  ranking: Ranking,
  read: ReadPoints,
  work: ReadingWork,
): Promise<Array<{ group: JoinedGroup }>> {
  const values = await readWhole(question, read, work);
  return keepFirst(values, (some) => firstRanked(some, ranking), work);
}

/** Applies `first` to very many items, a piece at a time. */
async function keepFirst<T>(
  items: readonly T[],
  first: (some: T[]) => T[],
  work: PausableWork,
): Promise<T[]> {
  let kept: T[] = [];
  for (let from = 0; from < items.length; from += PIECE) {
    if (work.isDue('rank')) await work.pause();
    kept = first(kept.concat(items.slice(from, from + PIECE)));
  }
  return kept;
}

/**
 * The value over the whole range as one step, of every group that has one. With several aggregates also the groups that
 * have a value of another one, with null.
 */
async function readWhole(
  question: GroupedQuestion,
  read: ReadPoints,
  work: ReadingWork,
): Promise<Array<Rank & { group: JoinedGroup }>> {
  const { start, end } = question;
  if (start >= end) return [];
  const whole = { ...question, steps: wholeStep(start, end, question.steps) };
  const operands = question.operands.map((operand) => ({
    ...operand,
    aggregates: operand.aggregates.slice(0, 1),
  }));
  const values: Array<Rank & { group: JoinedGroup }> = [];
  const others: JoinedGroup[] = [];
  const { groups: points } = await read({ ...whole, operands }, work);
  for (const [i, group] of question.groups.entries()) {
    if (work.isDue('rank')) await work.pause();
    const value = points[i].length > 0 ? points[i][0][1] : null;
    if (value === null) others.push(group);
    else values.push({ group, value, text: labelsKey(group.labels) });
  }
  if (others.length === 0 || question.operands[0].aggregates.length === 1) return values;
  const { groups: pointsOfOthers } = await read({ ...whole, groups: others }, work);
  for (const [i, group] of others.entries()) {
    if (work.isDue('rank')) await work.pause();
    if (pointsOfOthers[i].length > 0) values.push({ group, value: null, text: labelsKey(group.labels) });
  }
  return values;
}

/**
 * The newest points, at least one, of every group that has points in the range, without reading the whole range of all:
 * reads the newest steps first, then further back only for groups that had none.
 */
export async function readLatest(
  question: GroupedQuestion,
  read: ReadPoints,
  work: ReadingWork,
): Promise<RankedGroup[]> {
  const { steps } = question;
  const found: RankedGroup[] = [];
  let silent = question.groups;
  let end = question.end;
  let width = Math.max(FIRST_MS, FIRST_STEPS * steps.usualMs);
  while (silent.length > 0 && end > question.start) {
    const start = Math.max(question.start, steps.startOf(end - width));
    const { groups: points } = await read({ ...question, groups: silent, start, end }, work);
    const others: JoinedGroup[] = [];
    for (const [i, group] of silent.entries()) {
      if (work.isDue('rank')) await work.pause();
      if (points[i].length > 0) found.push({ labels: group.labels, points: points[i], group });
      else others.push(group);
    }
    silent = others;
    end = start;
    width *= GROWTH;
  }
  return found;
}
