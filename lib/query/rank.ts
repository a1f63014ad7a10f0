import type { SeriesGroup } from '../catalogue/groups';
import { alignUp, type GroupPoints, type Ranking, SECOND } from '../model';
import type { PointsQuestion, ReadPoints } from './points';
import { firstRanked, labelText, type Rank, topGroups } from './top';

/** How far back the newest points are looked for first, and by what that grows. */
const FIRST_STEPS = 2;
const FIRST_MS = 15 * SECOND;
const GROWTH = 8;

export interface RankedGroup extends GroupPoints {
  group: SeriesGroup;
}

/**
 * The groups that the ranking keeps, in its order.
 * @param completeFrom values over the whole range go by what is from here on, epoch ms
 */
export async function rankGroups(
  question: PointsQuestion,
  ranking: Ranking,
  read: ReadPoints,
  completeFrom = question.start,
): Promise<SeriesGroup[]> {
  const kept =
    ranking.by === 'latest'
      ? topGroups(await readLatest(question, read), ranking)
      : firstRanked(await readWhole({ ...question, start: completeFrom }, read), ranking);
  return kept.map(({ group }) => group);
}

/** The value over the whole range as one step, of every group that has one. */
export async function readWhole(
  question: PointsQuestion,
  read: ReadPoints,
): Promise<Array<Rank & { group: SeriesGroup }>> {
  const { groups, start, end } = question;
  if (start >= end) return [];
  const aggregates = question.aggregates.slice(0, 1);
  const { points } = await read({ ...question, aggregates, step: end - start });
  return groups.flatMap((group, i) =>
    points[i].map(([, value]) => ({ group, value, text: labelText(group.labels) })),
  );
}

/**
 * The newest points, at least one, of every group that has any in the range, without reading the whole range of all:
 * looks at the newest steps, then further back for those groups only that had nothing there.
 */
export async function readLatest(question: PointsQuestion, read: ReadPoints): Promise<RankedGroup[]> {
  const found: RankedGroup[] = [];
  let silent = question.groups;
  let end = question.end;
  let width = alignUp(Math.max(FIRST_MS, FIRST_STEPS * question.step), question.step);
  while (silent.length > 0 && end > question.start) {
    const start = Math.max(question.start, end - width);
    const { points } = await read({ ...question, groups: silent, start, end });
    silent.forEach((group, i) => {
      if (points[i].length > 0) found.push({ labels: group.labels, points: points[i], group });
    });
    silent = silent.filter((_, i) => points[i].length === 0);
    end = start;
    width *= GROWTH;
  }
  return found;
}
