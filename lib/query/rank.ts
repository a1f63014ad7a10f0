import type { SeriesGroup } from '../catalogue/groups';
import { alignUp, type GroupPoints, SECOND } from '../model';
import type { PointsQuestion, ReadPoints } from './points';
import { topGroups } from './top';

/** How far back the newest points are looked for first, and by what that grows. */
const FIRST_STEPS = 2;
const FIRST_MS = 15 * SECOND;
const GROWTH = 8;

export interface RankedGroup extends GroupPoints {
  group: SeriesGroup;
}

/**
 * The `top` groups by latest value, highest first, without reading the whole range of all: looks at the newest
 * steps, then further back for those groups only that had nothing there.
 */
export async function rankGroups(
  question: PointsQuestion,
  top: number,
  read: ReadPoints,
): Promise<SeriesGroup[]> {
  return topGroups(await readLatest(question, read), top).map(({ group }) => group);
}

/** The newest points, at least one, of every group that has any in the range. */
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
