import { type Labels, labelsKey } from '../../model/labels';
import type { Point } from '../../model/points';
import type { Series } from '../../model/series';
import type { GroupUpserts } from '../../model/wire/stream';
import type { JoinedGroup } from '../../read/query/grouped-question';

import type { SeriesWatch, Watcher } from '../changes/changes';
import type { CommitStamp } from '../changes/commit-order';
import { Marks } from '../changes/marks';

/** What a group belongs to. */
export interface GroupWatcher extends Watcher {
  /** A sample of one of the watched series was committed. */
  mark(watch: GroupWatch, series: Series, timestamp: number, stamp: CommitStamp): void;
}

/** The series of one operand in one group: what commits are watched for. */
export class GroupWatch implements SeriesWatch {
  constructor(
    readonly watcher: GroupWatcher,
    readonly group: LiveGroup,
    readonly operandIndex: number,
  ) {}

  mark(series: Series, timestamp: number, stamp: CommitStamp): void {
    this.watcher.mark(this, series, timestamp, stamp);
  }
}

/** One line of a live query, and which of its points have changed when. */
export class LiveGroup implements JoinedGroup {
  readonly seriesByOperand: ReadonlyArray<Series[]>;
  /** One for each operand. */
  readonly watches: readonly GroupWatch[];
  /** The points that commits have touched. */
  readonly marks = new Marks();
  /** Marked points that memory does not cover, as read from the store. */
  readonly stored = new Map<number, Point>();
  /** The newest point; kept up to date only where the query asks for the top. */
  latest: Point | null = null;
  /** Decides between groups of equal rank. */
  readonly text: string;

  /** @param operandCount how many the question has. */
  constructor(
    watcher: GroupWatcher,
    readonly key: string,
    readonly labels: Labels,
    operandCount: number,
  ) {
    this.seriesByOperand = Array.from({ length: operandCount }, () => []);
    this.watches = this.seriesByOperand.map((_, index) => new GroupWatch(watcher, this, index));
    this.text = labelsKey(labels);
  }

  /** Forgets marks that every reader has taken. */
  forgetUpTo(seq: number): void {
    this.marks.forgetUpTo(seq, (slot) => this.stored.delete(slot));
  }
}

/** Points of a group to be sent. */
export interface Upsert {
  group: LiveGroup;
  points: readonly Point[];
  /** The group's rank, from 1, where it does not follow from the points. */
  rank?: number;
}

/** In group `labels`, these points are now as they are here: what crosses the wire, shared by all readers. */
export type GroupChange = Immutable<GroupUpserts>;

/** The changes of a query as plain values: one object for all readers that have to take the same. */
export type Upserts = readonly GroupChange[];

/** @returns null when there is no change. */
export function toValues(upserts: readonly Upsert[]): Upserts | null {
  const values: GroupChange[] = [];
  for (const { group, points, rank } of upserts) {
    if (rank !== undefined) values.push({ labels: group.labels, points, rank });
    else if (points.length > 0) values.push({ labels: group.labels, points });
  }
  return values.length > 0 ? values : null;
}

type Immutable<T> = { readonly [Key in keyof T]: Immutable<T[Key]> };
