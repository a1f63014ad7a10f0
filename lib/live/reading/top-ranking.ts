import { hasValue } from '../../model/fill';
import type { Point } from '../../model/points';
import type { Ranking } from '../../model/question';
import { SECOND } from '../../model/time/duration';
import { firstRanked } from '../../model/top';
import { readLatest } from '../../read/query/rank';
import type { ReadingWork } from '../../runtime/work/work';
import type { LiveGroup, Upsert } from './live-group';
import { DEPARTURE_MS, FirstLoad, type LiveRanking, type RankedQuery } from './ranking';
import { canBeRemoved } from './removed-points';

/**
 * A newest point keeps its rank for so long after it has left the range: by then it has left it for readers, too,
 * whose clocks may be behind, and which would otherwise not accept the group that replaces it.
 */
const EXPIRY_SLACK_MS = 5 * SECOND;
/**
 * Which groups of a live query have the highest (or lowest) latest value. Readers fold what they receive and then keep
 * the top of it alone. So a group that enters comes with all its points; of one that has left the newest point is sent,
 * by which readers see that it has; of all others nothing need be sent.
 */
export class TopRanking implements LiveRanking {
  /** Everything marked up to here is in the ranking. */
  private rankedSeq: number;
  /**
   * Readers that came with an answer that may be newer than the ranking was; and those for whom the top was sent again.
   */
  private resendsRequested = 0;
  private resendsDone = 0;
  private top: ReadonlySet<LiveGroup> = new Set();

  /** Groups whose newest point has to be read. */
  private readonly unknown = new Set<LiveGroup>();
  /** Groups whose newest points were removed, until every reader has taken that. */
  private readonly removals = new Map<LiveGroup, { seq: number; at: number }>();
  private readonly leftAt = new Map<LiveGroup, number>();
  private readonly firstLoad = new FirstLoad();

  constructor(
    private readonly query: RankedQuery,
    private readonly ranking: Ranking,
  ) {
    this.rankedSeq = query.marks.seq;
  }

  kept(now: number): Iterable<LiveGroup> {
    this.update(now);
    return this.top;
  }

  async work(readPending: () => Promise<void>): Promise<void> {
    const { range } = this.query;
    if (!this.firstLoad.isDone) await this.load(range.now());
    await this.readUnknown(range.now());
    const { resendsRequested } = this;
    await readPending();
    if (this.resendsDone !== resendsRequested) this.resendTop(resendsRequested, range.now());
  }

  private async load(now: number): Promise<void> {
    await this.readLatest([...this.query.groups.all], now);
    this.top = new Set(this.pick(now));
    this.firstLoad.finish();
  }

  /** Brings the ranking up to date with what has been marked. */
  private update(now: number): void {
    if (this.query.marks.seq <= this.rankedSeq) return;
    this.query.range.refresh(now);
    for (const group of this.query.groups.all) {
      const slots = group.marks.since(this.rankedSeq);
      const newest = slots.filter((slot) => group.latest === null || slot >= group.latest[0]);
      if (newest.length > 0) this.note(group, this.query.points.ofMarked(group, newest));
    }
    this.rankedSeq = this.query.marks.seq;
    this.rank(now);
  }

  /** Replaces groups whose newest point has left the range. */
  beat(now: number): void {
    const { start } = this.query.range.whole(now - EXPIRY_SLACK_MS);
    if (this.firstLoad.isDone && [...this.top].some(({ latest }) => latest && latest[0] < start))
      this.rank(now);
  }

  private async readUnknown(now: number): Promise<void> {
    if (this.unknown.size === 0) return;
    const unknown = [...this.unknown];
    await this.readLatest(unknown, now);
    const seq = this.query.marks.noteChange();
    this.query.points.resetIfRaw();
    for (const group of unknown) {
      this.unknown.delete(group);
      this.removals.set(group, { seq, at: now });
    }
  }

  private async readLatest(groups: readonly LiveGroup[], now: number): Promise<void> {
    const question = this.query.groups.questionOf(groups, this.query.range.whole(now));
    if (!question) return;
    const { points } = this.query;
    const found = await readLatest(question, points.history.read, points.backgroundWork());
    for (const { group, points } of found) this.note(group as LiveGroup, points);
  }

  changes(since: number): Upsert[] {
    const inTop = [...this.top].map((group) => this.query.upserts.changesOf(group, since));
    return [...inTop, ...this.departures(since), ...this.removalsSince(since)];
  }

  /** Readers must not rank by points that were removed: all that may have been after the newest is sent as removed. */
  private removalsSince(since: number): Upsert[] {
    const upserts: Upsert[] = [];
    for (const [group, { seq }] of this.removals) {
      if (seq <= since) continue;
      const { latest } = group;
      const removed = this.query.points.removedAfter(latest?.[0] ?? Number.NEGATIVE_INFINITY);
      upserts.push({ group, points: latest ? [latest, ...removed] : removed });
    }
    return upserts;
  }

  /** The newest points, where they changed after `since`, of groups that have just left the top. */
  private departures(since: number): Upsert[] {
    const left = [...this.leftAt.keys()].filter((group) => !this.top.has(group) && group.marks.seq > since);
    return left.flatMap((group) => (group.latest ? { group, points: [group.latest] } : []));
  }

  /**
   * For a reader whose top may be of long ago: the top with all its points, and the newest point of every other
   * group that changed since, so that it falls to where it belongs.
   */
  async replay(from: number, work: ReadingWork): Promise<Upsert[] | 'too_much'> {
    await this.firstLoad.done;
    const now = this.query.range.now();
    this.update(now);
    this.requestResend(now);
    const top = [...this.top];
    const others = [...this.query.groups.all].filter((group) => !this.top.has(group));
    const newest = others.flatMap((group): Upsert[] =>
      group.latest && group.latest[0] >= from ? [{ group, points: [group.latest] }] : [],
    );
    // What a reader came with may have been removed before anything was ranked here.
    const since = canBeRemoved(this.query.range.question)
      ? await this.query.upserts.readSince(others, from, work)
      : newest;
    const whole = await this.query.upserts.readSince(top, Number.NEGATIVE_INFINITY, work);
    if (since === 'too_much' || whole === 'too_much') return 'too_much';
    const removals = this.removalsSince(Number.NEGATIVE_INFINITY);
    return [...since, ...removals.filter(({ group }) => !top.includes(group)), ...whole];
  }

  /**
   * Readers may have ranked by changes that had to be read here first, and so have forgotten groups that are in the
   * top now.
   */
  private resendTop(requested: number, now: number): void {
    this.resendsDone = requested;
    this.update(now);
    for (const group of this.top) this.query.marks.requestWhole(group, now);
  }

  /** A reader's answer may have changes that the ranking will have when they have been read. */
  private requestResend(now: number): void {
    const { pendingGroups } = this.query.marks;
    if (pendingGroups.size === 0) return;
    for (const group of pendingGroups) this.leftAt.set(group, now);
    this.resendsRequested++;
    this.query.marks.requestStore();
  }

  private rank(now: number): void {
    const before = this.top;
    this.top = new Set(this.pick(now));
    for (const group of this.top) if (!before.has(group)) this.query.marks.requestWhole(group, now);
    for (const group of before) if (!this.top.has(group)) this.leftAt.set(group, now);
    for (const [group, { at }] of this.removals) if (at < now - DEPARTURE_MS) this.removals.delete(group);
    for (const [group, leftAt] of this.leftAt) if (leftAt < now - DEPARTURE_MS) this.leftAt.delete(group);
  }

  private note(group: LiveGroup, points: readonly Point[]): void {
    const newest = points.findLast(hasValue);
    if (newest && (group.latest === null || newest[0] >= group.latest[0])) group.latest = newest;
    else if (points.some(([t]) => t === group.latest?.[0])) this.forgetLatest(group);
  }

  /** Its newest point was removed: the one before it has to be read. */
  private forgetLatest(group: LiveGroup): void {
    group.latest = null;
    this.unknown.add(group);
    this.query.marks.requestStore();
  }

  private pick(now: number): LiveGroup[] {
    const { start } = this.query.range.whole(now - EXPIRY_SLACK_MS);
    const { end } = this.query.range.whole(now);
    const ranked: Array<{ group: LiveGroup; value: number | null; text: string }> = [];
    for (const group of this.query.groups.all) {
      const { latest, text } = group;
      if (latest && latest[0] >= start && latest[0] < end) ranked.push({ group, value: latest[1], text });
    }
    return firstRanked(ranked, this.ranking).map(({ group }) => group);
  }
}
