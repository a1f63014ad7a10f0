import type { Ring } from '../../memory/ring/ring';
import { isGrowth } from '../../model/aggregates';
import { COUNTER_GAP_MS } from '../../model/samples';
import type { Series } from '../../model/series';
import { countSteps, stepOfSample } from '../../model/time/steps';
import { isRaw } from '../../read/query/limits';
import type { CommitOrder, CommitStamp } from '../changes/commit-order';
import type { GroupWatch, LiveGroup } from './live-group';
import { PendingReads } from './pending-reads';
import type { QueryGroups } from './query-groups';
import type { QuestionRange } from './question-range';
import type { Readers } from './readers';

/** Points of more series than these take too long to be evaluated while streams wait. */
const MANY_SERIES = 10_000;
/** A replay of more points than this is no better than reading history again. */
export const MAX_REPLAY_POINTS = 50_000;

export interface QueryMarksParts {
  groups: QueryGroups;
  range: QuestionRange;
  readers: Readers;
  ring: Pick<Ring, 'successorOf'>;
  order: CommitOrder;
}

/**
 * Which points of a query have changed. A point that memory can evaluate at once is marked; one that the store has
 * to be asked for, or that takes long to evaluate, is noted as a pending read, and marked when it has been read.
 */
export class QueryMarks {
  /** The newest mark of all groups. */
  seq: number;
  /** Points that the store is asked for. */
  readonly fromStore: PendingReads;
  /** Points that memory evaluates in the background: they are of very many series. */
  readonly fromMemory: PendingReads;
  private refreshedSeq = 0;

  constructor(
    private readonly parts: QueryMarksParts,
    /** Has the pending reads done soon: those of the store, or those of memory. */
    private readonly request: (where: 'store' | 'memory') => void,
  ) {
    this.seq = parts.order.newest().seq;
    this.fromStore = new PendingReads();
    this.fromMemory = new PendingReads();
  }

  /** When the oldest change arrived that cannot be taken yet, epoch ms; Infinity when all can. */
  get pendingSince(): number {
    return Math.min(this.fromStore.since, this.fromMemory.since, this.parts.range.dueSince);
  }

  /** The groups with changes that cannot be taken yet. */
  get pendingGroups(): Set<LiveGroup> {
    return new Set([...this.fromStore.groups, ...this.fromMemory.groups]);
  }

  requestStore(): void {
    this.request('store');
  }

  /** Notes that a sample of a watched series was committed. */
  mark(watch: GroupWatch, series: Series, timestamp: number, stamp: CommitStamp): void {
    if (this.refreshedSeq !== stamp.seq) this.parts.range.refresh(stamp.at);
    this.refreshedSeq = stamp.seq;
    this.markSample(watch, timestamp, stamp);
    if (this.operandOf(watch).aggregates.some(isGrowth)) this.markSuccessor(watch, series, timestamp, stamp);
  }

  /** Marks points that have been read. */
  markRead(group: LiveGroup, slot: number, seq: number): void {
    group.marks.mark(slot, seq);
    this.seq = seq;
  }

  /** Numbers a change that is no commit, and notifies readers. @returns its number. */
  noteChange(): number {
    this.seq = this.parts.order.next().seq;
    this.parts.readers.notify();
    return this.seq;
  }

  /** Whether a point can be evaluated at once, from memory. */
  isImmediate(slot: number): boolean {
    const { range, groups } = this.parts;
    return slot >= range.memoryFrom && groups.seriesCount <= MANY_SERIES;
  }

  /** Has points of a group read and sent. @param since when they changed, epoch ms. */
  requestRead(group: LiveGroup, from: number, to: number, since: number): void {
    const isInMemory = from >= this.parts.range.memoryFrom;
    (isInMemory ? this.fromMemory : this.fromStore).add({ group, from, to }, since);
    this.request(isInMemory ? 'memory' : 'store');
  }

  /** Has all points of a group sent again. */
  requestWhole(group: LiveGroup, now: number): void {
    this.requestSince(group, Number.NEGATIVE_INFINITY, now);
  }

  /** Has the points of a group sent from `time` on, where a step begins. */
  requestSince(group: LiveGroup, time: number, now: number): void {
    const { start, end } = this.parts.range.whole(now);
    const from = Math.max(start, time);
    if (from < end) this.requestRead(group, from, end, now);
  }

  /** Has all points of all groups sent again. @returns false when they are too many for that. */
  requestAll(now: number): boolean {
    const { range, groups } = this.parts;
    const { start, end } = range.whole(now);
    const points = groups.byKey.size * countSteps(range.question.steps, start, end);
    if (isRaw(range.question) || points > MAX_REPLAY_POINTS) return false;
    for (const group of groups.all) this.requestWhole(group, now);
    return true;
  }

  /** With an offset, points become due as time passes, though nothing is written. */
  requestDue(now: number): void {
    const { range, groups } = this.parts;
    const due = range.takeDue(now);
    if (!due) return;
    // A reader that has everything up to a moment lacks them from that moment on.
    for (const group of groups.all) this.requestRead(group, due.start, due.end, due.start);
  }

  private operandOf({ operandIndex }: GroupWatch) {
    return this.parts.range.question.operands[operandIndex];
  }

  private markSample(watch: GroupWatch, timestamp: number, stamp: CommitStamp): void {
    const { range } = this.parts;
    const { offset } = this.operandOf(watch);
    const slot = stepOfSample(range.question.steps, timestamp, offset);
    // A point of an offset gets its counterpart only then.
    if (offset === 0 || slot < range.newest) this.markSlot(watch.group, slot, stamp);
  }

  private markSlot(group: LiveGroup, slot: number, stamp: CommitStamp): void {
    const { range } = this.parts;
    if (slot < range.start || slot >= range.end) return;
    if (this.isImmediate(slot)) this.markRead(group, slot, stamp.seq);
    else this.requestRead(group, slot, range.question.steps.after(slot), stamp.at);
  }

  /** A late sample changes also the growth up to the sample after it. */
  private markSuccessor(watch: GroupWatch, series: Series, timestamp: number, stamp: CommitStamp): void {
    if (timestamp >= series.lastSeen) return;
    const { range, ring } = this.parts;
    const { steps } = range.question;
    const { offset } = this.operandOf(watch);
    const next = ring.successorOf(series.id, timestamp);
    if (next.isCertain) {
      if (next.timestamp <= timestamp + COUNTER_GAP_MS) this.markSample(watch, next.timestamp, stamp);
      return;
    }
    // Only the store has the next one: before the first that memory has, or where it does not matter.
    const slotOf = (time: number) => stepOfSample(steps, time, offset);
    const last = slotOf(Math.min(next.timestamp, timestamp + COUNTER_GAP_MS));
    const from = Math.max(range.start, steps.after(slotOf(timestamp)));
    const to = Math.min(range.whole(stamp.at).end, range.end, steps.after(last));
    if (from < to) this.requestRead(watch.group, from, to, stamp.at);
  }
}
