import { isPulseError } from '../../model/errors';
import type { Point, TimeRange } from '../../model/points';
import { countSteps } from '../../model/time/steps';
import type { History } from '../../read/history';
import type { GroupedQuestion } from '../../read/query/grouped-question';
import { isRaw, limitRawSamples } from '../../read/query/limits';
import type { Scheduler } from '../../runtime/work/scheduler';
import { type ReadingWork, Work } from '../../runtime/work/work';
import type { CommitOrder } from '../changes/commit-order';
import type { LiveGroup, Upsert } from './live-group';
import type { PendingReads } from './pending-reads';
import type { QueryGroups } from './query-groups';
import { MAX_REPLAY_POINTS, type QueryMarks } from './query-marks';
import type { QuestionRange } from './question-range';
import type { Readers } from './readers';
import { atEach, canBeRemoved, removedPoint, withRemoved } from './removed-points';

/** Marked points at most this many steps apart are evaluated in one go. */
const RUN_GAP_STEPS = 16;
/** What memory evaluates between turns may have more: only its changes are sent. */
const MAX_MEMORY_POINTS = 2_000_000;

export interface QueryPointsParts {
  groups: QueryGroups;
  range: QuestionRange;
  marks: QueryMarks;
  readers: Readers;
  order: CommitOrder;
  scheduler: Scheduler;
}

/** Reads the points of a query's groups, as history does: marked ones from memory at once, others from the store. */
export class QueryPoints {
  private readonly canBeRemoved: boolean;

  constructor(
    private readonly parts: QueryPointsParts,
    readonly history: Pick<History, 'read' | 'readMemory'>,
  ) {
    this.canBeRemoved = canBeRemoved(parts.range.question);
  }

  /** The marked points of a group as they are now; those that have to be read first come later. */
  ofMarked(group: LiveGroup, slots: readonly number[]): Point[] {
    const { marks, range } = this.parts;
    const points: Point[] = [];
    let next = 0;
    for (; next < slots.length && !marks.isImmediate(slots[next]); next++) {
      const point = group.stored.get(slots[next]);
      if (point) points.push(point);
      // It was in memory when it was marked. When it arrived is not known any more.
      else
        marks.requestRead(
          group,
          slots[next],
          range.question.steps.after(slots[next]),
          Number.NEGATIVE_INFINITY,
        );
    }
    const inMemory = this.inMemory(group, slots.slice(next));
    if (!this.canBeRemoved) return points.concat(inMemory);
    const marked = slots.filter((slot) => marks.isImmediate(slot));
    return points.concat(atEach(range.question, marked, inMemory));
  }

  /** Work of the server itself, for no request. */
  backgroundWork(): Work {
    return Work.ofOurs(this.parts.scheduler);
  }

  /** The points of groups, in their order; without what is filled. */
  async read(
    groups: readonly LiveGroup[],
    range: TimeRange,
    work: ReadingWork = this.backgroundWork(),
  ): Promise<Point[][]> {
    const question = this.parts.groups.questionOf(groups, range);
    if (!question) return groups.map(() => []);
    const answer = await this.history.read(question, work);
    return answer.groups;
  }

  /** Reads what is pending, and marks it. */
  async readPending(pending: PendingReads): Promise<void> {
    if (!pending.isEmpty) await pending.serve((groups, from, to) => this.readRange(groups, from, to));
  }

  /** Every point of the range after `t`, as removed; of single milliseconds, which are too many to list, none. */
  removedAfter(t: number): Point[] {
    const { range } = this.parts;
    return range.startsAfter(t).map((slot) => removedPoint(range.question, slot));
  }

  /** All points of some groups, as removed. */
  allRemovedOf(groups: Iterable<LiveGroup>): Upsert[] {
    const points = this.removedAfter(Number.NEGATIVE_INFINITY);
    const most = MAX_REPLAY_POINTS / Math.max(1, points.length);
    return [...groups].slice(0, most).map((group) => ({ group, points }));
  }

  /** Points that cannot be listed are removed by having readers read history again. */
  resetIfRaw(): void {
    if (isRaw(this.parts.range.question)) this.parts.readers.reset('too_much_missed');
  }

  /** Neighbours among the slots are evaluated in one go. */
  private inMemory(group: LiveGroup, slots: readonly number[]): Point[] {
    const { groups, range } = this.parts;
    const { question } = range;
    const { steps } = question;
    const gap = RUN_GAP_STEPS * steps.usualMs;
    const points: Point[] = [];
    for (let next = 0; groups.metrics && next < slots.length; next++) {
      const start = slots[next];
      while (next + 1 < slots.length && slots[next + 1] - slots[next] <= gap) next++;
      const run = { start, end: steps.after(slots[next]) };
      for (const point of this.history.readMemory(question, group, run))
        if (group.marks.has(point[0])) points.push(point);
    }
    return points;
  }

  private async readRange(groups: LiveGroup[], start: number, end: number): Promise<void> {
    const { marks, range, readers, order } = this.parts;
    const question = this.parts.groups.questionOf(groups, { start, end });
    if (!question) return;
    if (await this.isTooMuch(question)) {
      readers.reset('too_much_missed');
      return;
    }
    const { groups: points } = await this.history.read(question, this.backgroundWork());
    const { seq, at } = order.next();
    range.refresh(at);
    groups.forEach((group, i) => {
      const found = this.canBeRemoved ? withRemoved(range.question, points[i], { start, end }) : points[i];
      for (const point of found) {
        // Where memory covers the point by now, it is evaluated there.
        if (!marks.isImmediate(point[0])) group.stored.set(point[0], point);
        marks.markRead(group, point[0], seq);
      }
    });
    readers.notify();
  }

  private async isTooMuch(question: GroupedQuestion): Promise<boolean> {
    const { groups, start, end, steps } = question;
    const inAll = start < this.parts.range.memoryFrom ? MAX_REPLAY_POINTS : MAX_MEMORY_POINTS;
    const most = inAll / Math.max(1, groups.length);
    if (this.canBeRemoved || !isRaw(question)) return countSteps(steps, start, end) > most;
    try {
      await limitRawSamples(question, most, this.history.read, this.backgroundWork());
      return false;
    } catch (error) {
      if (isPulseError(error) && error.status === 400) return true;
      throw error;
    }
  }
}
