import { fillPoints, hasValue } from '../../model/fill';
import { isWhole, type Point, positionOf, type TimeRange } from '../../model/points';
import type { Fill } from '../../model/question';
import { Marks } from '../changes/marks';
import type { LiveGroup, Upsert } from './live-group';
import type { QueryMarks } from './query-marks';
import type { QueryPoints } from './query-points';
import type { QuestionRange } from './question-range';
import { canBeRemoved, removedPoint } from './removed-points';

/** The points of a group, and which of the points sent to readers, filled ones included, have changed when. */
class FilledGroup {
  readonly marks = new Marks();
  constructor(public points: Point[]) {}
}

/**
 * The points that `fill` adds between those of a live query. What is filled depends on the points around it, so all
 * points of the range are held here; a change of one marks everything up to its neighbours.
 */
export class Filling {
  /** Everything marked up to this number is in `held`. */
  private appliedSeq: number;
  private readonly held = new Map<LiveGroup, FilledGroup>();

  constructor(
    private readonly range: QuestionRange,
    private readonly marks: QueryMarks,
    private readonly points: QueryPoints,
    private readonly fill: Fill,
  ) {
    this.appliedSeq = marks.seq;
  }

  /** Reads the points of the groups that are kept. */
  async load(keptGroups: Iterable<LiveGroup>): Promise<void> {
    const groups = [...keptGroups];
    const known = await this.points.read(groups, this.range.whole(this.range.now()));
    groups.forEach((group, i) => {
      this.held.set(group, new FilledGroup(known[i]));
    });
  }

  /** Brings what is held up to date with what has been marked of the groups that are kept. */
  update(keptGroups: Iterable<LiveGroup>, now: number): void {
    const { appliedSeq } = this;
    const kept = new Set(keptGroups);
    for (const group of this.held.keys()) if (!kept.has(group)) this.held.delete(group);
    for (const group of kept) {
      if (!this.held.has(group)) this.open(group, now);
      const slots = group.marks.since(appliedSeq);
      if (slots.length > 0) this.apply(group, this.points.ofMarked(group, slots));
    }
    this.appliedSeq = this.marks.seq;
  }

  /** What is filled begins at the first point of the range: when one leaves it, so does what was filled behind it. */
  slide(now: number): void {
    const { start } = this.range.whole(now);
    let seq: number | null = null;
    for (const held of this.held.values()) {
      const leaving = positionOf(held.points, start);
      if (leaving === 0) continue;
      held.points.splice(0, leaving);
      const slots = this.stepsBetween(start, held.points[wholeFrom(held.points, 0)]?.[0] ?? start);
      if (slots.length === 0) continue;
      seq ??= this.marks.noteChange();
      for (const slot of slots) held.marks.mark(slot, seq);
    }
  }

  changesOf(group: LiveGroup, since: number): Upsert {
    const held = this.held.get(group);
    const slots = held?.marks.since(since) ?? [];
    return { group, points: held && slots.length > 0 ? this.at(held.points, slots) : [] };
  }

  /** All points to send of a group, given those it has in the range: filled ones and removed ones included. */
  whole(points: readonly Point[], { start, end }: TimeRange): Point[] {
    const last = points[points.length - 1]?.[0] ?? Number.NEGATIVE_INFINITY;
    const slots = this.stepsBetween(
      start,
      canBeRemoved(this.range.question) ? Math.max(end, last + 1) : last + 1,
    );
    return slots.length > 0 ? this.at(points, slots) : [];
  }

  forgetUpTo(seq: number): void {
    for (const { marks } of this.held.values()) marks.forgetUpTo(seq);
  }

  /** A group that is new here, or kept again: what it has is read. */
  private open(group: LiveGroup, now: number): void {
    this.held.set(group, new FilledGroup([]));
    this.marks.requestWhole(group, now);
  }

  private apply(group: LiveGroup, changed: readonly Point[]): void {
    const held = this.held.get(group)!;
    for (const point of changed) {
      const { points } = held;
      const at = positionOf(points, point[0]);
      points.splice(at, points[at]?.[0] === point[0] ? 1 : 0, ...(hasValue(point) ? [point] : []));
      const before = Math.min(point[0], points[wholeBefore(points, at)]?.[0] ?? point[0]);
      const after = Math.max(
        point[0],
        points[wholeFrom(points, at + Number(hasValue(point)))]?.[0] ?? point[0],
      );
      for (const slot of this.stepsBetween(before, after)) held.marks.mark(slot, this.marks.seq);
      held.marks.mark(point[0], this.marks.seq);
    }
  }

  /** The points to send at the given times, ascending. */
  private at(points: readonly Point[], slots: readonly number[]): Point[] {
    const from = wholeBefore(points, positionOf(points, slots[0]));
    const to = wholeFrom(points, positionOf(points, slots[slots.length - 1]));
    const filled = fillPoints(points.slice(from, to + 1), this.fill, this.range.question.steps.after);
    const known = new Map(filled.map((point) => [point[0], point]));
    return slots.map((slot) => known.get(slot) ?? removedPoint(this.range.question, slot));
  }

  private stepsBetween(start: number, end: number): number[] {
    const slots: number[] = [];
    for (let slot = start; slot < end; slot = this.range.question.steps.after(slot)) slots.push(slot);
    return slots;
  }
}

/** Of the last point before position `at` that has all values, or else the first of all. */
function wholeBefore(points: readonly Point[], at: number): number {
  let i = at - 1;
  while (i > 0 && !isWhole(points[i])) i--;
  return Math.max(0, i);
}

/** Of the first point from position `at` on that has all values, or else the last of all. */
function wholeFrom(points: readonly Point[], at: number): number {
  let i = at;
  while (i < points.length - 1 && !isWhole(points[i])) i++;
  return Math.min(i, points.length - 1);
}
