import type { Point } from '../model/points';
import type { Ranking } from '../model/question';
import { MINUTE, SECOND } from '../model/time/duration';
import { isTold } from '../read/query/fill';
import { readLatest } from '../read/query/rank';
import { firstRanked } from '../read/query/top';
import { Work } from '../runtime/work/work';
import type { LiveGroup, Upsert } from './live-group';
import type { LiveQuery } from './live-query';

/**
 * A newest point keeps its place for so long after it has left the range: by then it has left it for readers, too,
 * whose clocks may be behind, and who would otherwise not take in who comes in its place.
 */
const EXPIRY_SLACK_MS = 5 * SECOND;
/** A group that has left the top is told of for so much longer: until every reader has heard who came in its place. */
export const FAREWELL_MS = 2 * MINUTE;

/** Which groups of a live query are kept, and what readers have to be told for their picture to be the same. */
export interface LiveRanking {
  /** Everything marked up to here is in the ranking. */
  readonly rankedSeq: number;
  /** Before, there is nothing to tell. */
  readonly isLoaded: boolean;
  readonly kept: Iterable<LiveGroup>;
  /** Ranks what there was before anything was marked. */
  load(now: number): Promise<void>;
  /** Brings the ranking up to date with what has been marked, as far as that can be done at once. */
  update(now: number): void;
  /** Called about once a second: what changes by time passing. */
  beat(now: number): void;
  /** What has to be read from the store. */
  work(now: number): Promise<void>;
  /** What has changed after `since`. */
  changes(since: number): Upsert[];
  /** What a reader may not have who knew everything before samples since `from` arrived. */
  replay(from: number, work: Work): Promise<Upsert[] | 'too_much'>;
  /** To be called before changes are read from the store; what it returns, when they have been. */
  settle(): (now: number) => void;
}

/**
 * Which groups of a live query have the highest (or lowest) latest value. Readers fold what they are told and then keep the top
 * of it alone. So a group that enters comes with all its points; one that has left is told by its newest point, by
 * which readers see that it has; of all others nothing need be told.
 */
export class TopRanking implements LiveRanking {
  rankedSeq: number;
  isLoaded = false;
  /** Readers that came with an answer that may know more than the ranking did; and those of them that have been served. */
  private owed = 0;
  private served = 0;
  private top: ReadonlySet<LiveGroup> = new Set();

  /** Groups whose newest point is not known. */
  private readonly lost = new Set<LiveGroup>();
  /** Groups whose newest points are no longer, until every reader has heard of it. */
  private readonly losses = new Map<LiveGroup, { seq: number; at: number }>();
  private readonly leftAt = new Map<LiveGroup, number>();
  private announceLoaded: () => void = () => {};
  private readonly loaded = new Promise<void>((resolve) => {
    this.announceLoaded = resolve;
  });

  constructor(
    private readonly query: LiveQuery,
    private readonly ranking: Ranking,
  ) {
    this.rankedSeq = query.seq;
  }

  async load(now: number): Promise<void> {
    await this.readLatest([...this.query.groups.values()], now);
    this.top = new Set(this.pick(now));
    this.isLoaded = true;
    this.announceLoaded();
  }

  update(now: number): void {
    if (this.query.seq <= this.rankedSeq) return;
    this.query.refresh(now);
    for (const group of this.query.groups.values()) {
      const slots = group.marks.since(this.rankedSeq);
      const newest = slots.filter((slot) => group.latest === null || slot >= group.latest[0]);
      if (newest.length > 0) this.note(group, this.query.pointsAt(group, newest));
    }
    this.rankedSeq = this.query.seq;
    this.rank(now);
  }

  /** Lets others take the places of groups whose newest point has left the range. */
  beat(now: number): void {
    const { start } = this.query.wholeRange(now - EXPIRY_SLACK_MS);
    if (this.isLoaded && [...this.top].some(({ latest }) => latest && latest[0] < start)) this.rank(now);
  }

  get kept(): Iterable<LiveGroup> {
    return this.top;
  }

  async work(now: number): Promise<void> {
    if (this.lost.size === 0) return;
    const lost = [...this.lost];
    await this.readLatest(lost, now);
    const seq = this.query.noteChange();
    this.query.resetIfRaw();
    for (const group of lost) {
      this.lost.delete(group);
      this.losses.set(group, { seq, at: now });
    }
  }

  private async readLatest(groups: readonly LiveGroup[], now: number): Promise<void> {
    const question = this.query.questionOf(groups, this.query.wholeRange(now));
    if (!question) return;
    const found = await readLatest(question, this.query.history.read, Work.ofOurs());
    for (const { group, points } of found) this.note(group as LiveGroup, points);
  }

  changes(since: number): Upsert[] {
    const inTop = [...this.top].map((group) => this.query.changesOf(group, since));
    return [...inTop, ...this.farewells(since), ...this.lossesSince(since)];
  }

  /** Readers must not rank by points that are no longer: all that may have been after the newest is taken back. */
  private lossesSince(since: number): Upsert[] {
    const upserts: Upsert[] = [];
    for (const [group, { seq }] of this.losses) {
      if (seq <= since) continue;
      const { latest } = group;
      const gone = this.query.goneAfter(latest?.[0] ?? Number.NEGATIVE_INFINITY);
      upserts.push({ group, points: latest ? [latest, ...gone] : gone });
    }
    return upserts;
  }

  /** The newest points, where they changed after `since`, of groups that have just left the top. */
  private farewells(since: number): Upsert[] {
    const left = [...this.leftAt.keys()].filter((group) => !this.top.has(group) && group.marks.seq > since);
    return left.flatMap((group) => (group.latest ? { group, points: [group.latest] } : []));
  }

  /**
   * For a reader whose top may be of long ago: the top with all its points, and the newest point of every other
   * group that changed since, so that it falls to where it belongs.
   */
  async replay(from: number, work: Work): Promise<Upsert[] | 'too_much'> {
    await this.loaded;
    const now = this.query.now();
    this.update(now);
    this.expectNews(now);
    const top = [...this.top];
    const others = [...this.query.groups.values()].filter((group) => !this.top.has(group));
    const newest = others.flatMap((group): Upsert[] =>
      group.latest && group.latest[0] >= from ? [{ group, points: [group.latest] }] : [],
    );
    // What a reader came with may have vanished before anything was ranked here.
    const since = this.query.canVanish ? await this.query.readSince(others, from, work) : newest;
    const whole = await this.query.readSince(top, Number.NEGATIVE_INFINITY, work);
    if (since === 'too_much' || whole === 'too_much') return 'too_much';
    const losses = this.lossesSince(Number.NEGATIVE_INFINITY);
    return [...since, ...losses.filter(({ group }) => !top.includes(group)), ...whole];
  }

  /** The top is told again to readers who had ranked by changes already that had to be read here, and so may have forgotten groups that now are in it. */
  settle(): (now: number) => void {
    const { owed } = this;
    return (now) => {
      if (this.served === owed) return;
      this.served = owed;
      this.update(now);
      for (const group of this.top) this.query.wantWhole(group, now);
    };
  }

  /** A reader's answer may know of changes that the ranking will know when they have been read. */
  private expectNews(now: number): void {
    const { pendingGroups } = this.query;
    if (pendingGroups.size === 0) return;
    for (const group of pendingGroups) this.leftAt.set(group, now);
    this.owed++;
    this.query.requestBackground();
  }

  private rank(now: number): void {
    const before = this.top;
    this.top = new Set(this.pick(now));
    for (const group of this.top) if (!before.has(group)) this.query.wantWhole(group, now);
    for (const group of before) if (!this.top.has(group)) this.leftAt.set(group, now);
    for (const [group, { at }] of this.losses) if (at < now - FAREWELL_MS) this.losses.delete(group);
    for (const [group, leftAt] of this.leftAt) if (leftAt < now - FAREWELL_MS) this.leftAt.delete(group);
  }

  private note(group: LiveGroup, points: readonly Point[]): void {
    const newest = points.findLast(isTold);
    if (newest && (group.latest === null || newest[0] >= group.latest[0])) group.latest = newest;
    else if (points.some(([t]) => t === group.latest?.[0])) this.lose(group);
  }

  /** Its newest point is no longer: the one before it has to be looked for. */
  private lose(group: LiveGroup): void {
    group.latest = null;
    this.lost.add(group);
    this.query.requestBackground();
  }

  private pick(now: number): LiveGroup[] {
    const { start } = this.query.wholeRange(now - EXPIRY_SLACK_MS);
    const { end } = this.query.wholeRange(now);
    const ranked: Array<{ group: LiveGroup; value: number | null; text: string }> = [];
    for (const group of this.query.groups.values()) {
      const { latest, text } = group;
      if (latest && latest[0] >= start && latest[0] < end) ranked.push({ group, value: latest[1], text });
    }
    return firstRanked(ranked, this.ranking).map(({ group }) => group);
  }
}
