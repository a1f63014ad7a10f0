import { isGrowth } from '../aggregates';
import { groupKey, groupLabels } from '../catalogue/groups';
import type { Metric, Registry, Series } from '../catalogue/registry';
import { isPulseError } from '../errors';
import type { History } from '../history';
import { alignDown, alignUp, COUNTER_GAP_MS, LIMITS, type Point, type Ranking } from '../model';
import { isRaw, limitGroups, limitPoints, limitRawSamples, MAX_FILLED_POINTS } from '../query/limits';
import { MAX_GROUPS } from '../query/params';
import type { PointsQuestion } from '../query/points';
import type { Ring } from '../ring/ring';
import { Work } from '../work/work';
import type { BackgroundWorker } from './background';
import { Filling } from './filling';
import { encodeUpserts, LiveGroup, type Upsert } from './live-group';
import type { LiveQuestion } from './live-question';
import { RangeRanking } from './range-ranking';
import { type LiveRanking, TopRanking } from './top-ranking';
import { Wants } from './wants';

/** A question's range, and what it asks for in it. */
export type LiveRange = Pick<PointsQuestion, 'aggregates' | 'start' | 'end' | 'step'>;

/** A commit's place in their order, and its time, epoch ms. */
export interface Moment {
  seq: number;
  at: number;
}

/** Whoever is told of a query's changes. */
export interface QueryReader {
  /** Changes up to here have been told. */
  since: number;
  /** There may be something to tell. */
  notify(): void;
  /** What it missed cannot be told: it must read history again. */
  reset(reason: string): void;
}

export interface LiveQueryParts {
  history: History;
  registry: Registry;
  ring: Ring;
  now(): number;
  /** A moment after all before. */
  nextMoment(): Moment;
  /** Asks for `workInBackground` to be called. */
  requestBackground(query: LiveQuery): void;
  /** The same of its `asideWorker`. */
  requestAside(query: LiveQuery): void;
}

/** Marked points at most this many steps apart are evaluated in one go. */
const RUN_GAP_STEPS = 16;
/** Points of more series than these take too long to be evaluated while streams wait. */
const MANY_SERIES = 10_000;
/** A replay of more points than this is no better than reading history again. */
const MAX_REPLAY_POINTS = 50_000;
/** Of what is evaluated aside only the changes are told. */
const MAX_ASIDE_POINTS = 2_000_000;

/**
 * One question that any number of streams watch. Commits mark what they touch; what is marked is evaluated when a
 * stream has its turn, and the text of it is shared by all who have to be told the same.
 */
export class LiveQuery {
  readonly readers = new Set<QueryReader>();
  readonly groups = new Map<string, LiveGroup>();
  readonly history: History;
  /** The newest mark of all groups. */
  seq: number;
  private readonly ranking: LiveRanking | null;
  private readonly filling: Filling | null;
  private readonly isGrowth: boolean;
  /** Evaluates what memory holds of very many series. */
  readonly asideWorker: BackgroundWorker = {
    workInBackground: () => this.wantsAside.serve((groups, from, to) => this.readWanted(groups, from, to)),
  };
  /** What has to be read from the store, and what is evaluated aside. */
  private readonly wants = new Wants();
  private readonly wantsAside = new Wants();
  private seriesCount = 0;
  private readonly texts = new Map<number, string | null>();
  private textsSeq = 0;
  private readonly replays = new Map<number, Promise<string | null | 'too_much'>>();
  private replaysSeq = 0;
  /** As of the moment last refreshed; a commit refreshes once. */
  private rangeStart = 0;
  private rangeEnd = 0;
  private memoryFrom = 0;
  private refreshedSeq = 0;

  constructor(
    readonly question: LiveQuestion,
    private readonly parts: LiveQueryParts,
    moment: Moment,
  ) {
    this.history = parts.history;
    this.seq = moment.seq;
    this.isGrowth = question.aggregates.some(isGrowth);
    this.refresh(moment.at);
    this.ranking = question.ranking && rankingOf(this, question.ranking);
    this.filling = question.fill === 'none' ? null : new Filling(this, question.fill);
  }

  now(): number {
    return this.parts.now();
  }

  get metric(): Metric | undefined {
    return this.parts.registry.metrics.get(this.question.metric);
  }

  /** The groups that readers are told of. */
  get keptGroups(): Iterable<LiveGroup> {
    return this.ranking?.kept ?? this.groups.values();
  }

  /** Before, there is nothing to tell. */
  private get isLoaded(): boolean {
    return this.ranking?.isLoaded !== false && this.filling?.isLoaded !== false;
  }

  /** When the oldest change arrived that cannot be told yet, epoch ms; Infinity when all can. */
  get pendingSince(): number {
    return Math.min(this.wants.since, this.wantsAside.since);
  }

  /** The groups with changes that cannot be told yet. */
  get pendingGroups(): Set<LiveGroup> {
    return new Set([...this.wants.groups, ...this.wantsAside.groups]);
  }

  /** Whether the newest points come from memory. */
  isInMemory(now: number): boolean {
    return this.history.memoryFrom(this.question) <= alignDown(now, this.question.step);
  }

  /** Every series that there is has been taken in. */
  begin(): void {
    if (!this.isLoaded) this.parts.requestBackground(this);
  }

  /** Takes in a series that is asked about. @returns its group; null when there are too many groups. */
  admit(series: Series): LiveGroup | null {
    const { by, ranking } = this.question;
    const key = groupKey(series.labels, by);
    let group = this.groups.get(key);
    if (!group) {
      if (ranking === null && this.groups.size >= this.mostGroups()) return null;
      group = new LiveGroup(this, key, groupLabels(series.labels, by));
      this.groups.set(key, group);
    }
    group.series.push(series);
    this.seriesCount++;
    return group;
  }

  /** @throws PulseError `too_expensive` when that are more groups than can be watched. */
  limit(groups: number): void {
    const { by, ranking, fill } = this.question;
    limitGroups(groups, by, ranking);
    const kept = Math.min(groups, ranking?.count ?? groups);
    if (fill !== 'none') limitPoints(kept, { ...this.answeredRange(this.parts.now()), fill });
  }

  /** Notes that a sample of one of the group's series was committed. */
  mark(group: LiveGroup, series: Series, timestamp: number, moment: Moment): void {
    if (this.refreshedSeq !== moment.seq) this.refresh(moment.at);
    this.refreshedSeq = moment.seq;
    this.markSlot(group, alignDown(timestamp, this.question.step), moment);
    if (this.isGrowth) this.markSuccessor(group, series, timestamp, moment);
  }

  /** Called about once a second: what changes by time passing. */
  beat(now: number): void {
    this.ranking?.beat(now);
    this.filling?.slide(now);
    this.replays.clear();
  }

  /** What the reader has not been told yet, as the JSON of a `series` list, null for nothing; then it has been told. */
  tell(reader: QueryReader, now: number): string | null {
    if (this.seq <= reader.since || !this.isLoaded) return null;
    this.ranking?.update(now);
    this.refresh(now);
    this.filling?.update(now);
    const text = this.changesSince(reader.since);
    reader.since = this.seq;
    return text;
  }

  /**
   * What may have changed for a reader who knew everything before samples since `from` arrived, as the JSON of a
   * `series` list; null for nothing, `too_much` when it had better read history again.
   * @throws Refusal where somebody else's work is done for it, too.
   */
  replay(from: number, work: Work): Promise<string | null | 'too_much'> {
    // Everyone whom a restart or a lost connection brings back at once gets the same.
    if (this.replaysSeq !== this.seq) this.replays.clear();
    this.replaysSeq = this.seq;
    let replay = this.replays.get(from);
    if (!replay) {
      replay = this.readReplay(from, work);
      this.replays.set(from, replay);
    }
    return replay;
  }

  /** All points of some groups since `from`. */
  async readSince(groups: readonly LiveGroup[], from: number, work: Work): Promise<Upsert[] | 'too_much'> {
    const { metric } = this;
    const now = this.parts.now();
    this.refresh(now);
    const { step } = this.question;
    const range = this.wholeRange(now);
    const start = Math.max(range.start, alignDown(from, step));
    if (!metric || start >= range.end) return [];
    const isTooMuch =
      step === 1 ? start < this.memoryFrom : groups.length * ((range.end - start) / step) > MAX_REPLAY_POINTS;
    if (isTooMuch) return 'too_much';
    // What is filled depends on more than what has changed.
    const told = this.filling ? range : { ...range, start };
    const points = await this.readPoints(groups, told, work);
    return groups.map((group, i) => ({ group, points: this.filling?.whole(points[i], told) ?? points[i] }));
  }

  /** The points of groups, in their order; without what is filled. */
  async readPoints(groups: readonly LiveGroup[], range: LiveRange, work = Work.ofOurs()): Promise<Point[][]> {
    const { metric } = this;
    if (!metric || range.start >= range.end) return groups.map(() => []);
    const { points } = await this.history.read({ ...range, metric, groups }, work);
    return points;
  }

  /** What is told of a point that there is no longer. */
  takenBack(slot: number): Point {
    return [slot, ...this.question.aggregates.map(() => null)];
  }

  /** The query's range as of `now`, as history answers it. */
  answeredRange(now: number): LiveRange {
    const { step, endAt } = this.question;
    const range = this.wholeRange(now);
    const endsNow = endAt(now) === Number.POSITIVE_INFINITY;
    return endsNow ? { ...range, end: alignUp(now, step) } : range;
  }

  /** The query's range as of `now`, up to the newest sample there can be. */
  wholeRange(now: number): LiveRange {
    const { aggregates, step, startAt, endAt } = this.question;
    const newest = alignDown(now + LIMITS.maxClockAheadMs, step) + step;
    const start = alignDown(startAt(now), step);
    return { aggregates, step, start, end: Math.min(alignUp(endAt(now), step), newest) };
  }

  /** Has all points of a group told. */
  wantWhole(group: LiveGroup, now: number): void {
    const { start, end } = this.wholeRange(now);
    this.want(group, start, end, now);
  }

  /** Has the points of a group told that may have changed by samples at or after `time`. */
  wantSince(group: LiveGroup, time: number, now: number): void {
    const { start, end, step } = this.wholeRange(now);
    const from = Math.max(start, alignDown(time, step));
    if (from < end) this.want(group, from, end, now);
  }

  /** Has all points of all groups told. @returns false when they are too many for that. */
  wantAll(now: number): boolean {
    const { start, end, step } = this.wholeRange(now);
    if (step === 1 || (this.groups.size * (end - start)) / step > MAX_REPLAY_POINTS) return false;
    for (const group of this.groups.values()) this.wantWhole(group, now);
    return true;
  }

  /** The marked points of a group as they are now; those that have to be read first come later. */
  pointsAt(group: LiveGroup, slots: readonly number[]): Point[] {
    const { aggregates, step } = this.question;
    const points: Point[] = [];
    let next = 0;
    for (; next < slots.length && !this.isAtHand(slots[next]); next++) {
      const point = group.stored.get(slots[next]);
      if (point) points.push(point);
      // It was in memory when it was marked, and when it arrived is forgotten.
      else this.want(group, slots[next], slots[next] + step, Number.NEGATIVE_INFINITY);
    }
    while (next < slots.length) {
      const start = slots[next];
      while (next + 1 < slots.length && slots[next + 1] - slots[next] <= RUN_GAP_STEPS * step) next++;
      const run = { aggregates, step, start, end: slots[next] + step };
      for (const point of this.history.readMemory(group, run))
        if (group.marks.has(point[0])) points.push(point);
      next++;
    }
    return points;
  }

  /** What of a group has changed after `since`. */
  changesOf(group: LiveGroup, since: number): Upsert {
    if (this.filling) return this.filling.changesOf(group, since);
    const slots = group.marks.since(since);
    return { group, points: slots.length > 0 ? this.pointsAt(group, slots) : [] };
  }

  /** There is something to tell that is no commit's; @returns its place among them. */
  noteChange(): number {
    this.seq = this.parts.nextMoment().seq;
    this.notifyReaders();
    return this.seq;
  }

  /** What takes the store's time: called again until it succeeds. */
  async workInBackground(): Promise<void> {
    if (this.ranking?.isLoaded === false) {
      await this.ranking.load(this.parts.now());
      this.notifyReaders();
    }
    if (this.filling?.isLoaded === false) {
      await this.filling.load(this.parts.now());
      this.notifyReaders();
    }
    await this.ranking?.work(this.parts.now());
    const settle = this.ranking?.settle();
    if (!this.wants.isEmpty) await this.wants.serve((groups, from, to) => this.readWanted(groups, from, to));
    settle?.(this.parts.now());
  }

  requestBackground(): void {
    this.parts.requestBackground(this);
  }

  notifyReaders(): void {
    for (const reader of this.readers) reader.notify();
  }

  /** Brings up to date what depends on the time: the range, and from where on memory answers. */
  refresh(now: number): void {
    const { step, startAt, endAt } = this.question;
    this.rangeStart = alignDown(startAt(now), step);
    this.rangeEnd = alignUp(endAt(now), step);
    this.memoryFrom = this.history.memoryFrom(this.question);
  }

  private markSlot(group: LiveGroup, slot: number, moment: Moment): void {
    if (slot < this.rangeStart || slot >= this.rangeEnd) return;
    if (!this.isAtHand(slot)) {
      this.want(group, slot, slot + this.question.step, moment.at);
    } else {
      group.marks.mark(slot, moment.seq);
      this.seq = moment.seq;
    }
  }

  /** A late sample changes also the growth up to the sample after it. */
  private markSuccessor(group: LiveGroup, series: Series, timestamp: number, moment: Moment): void {
    if (timestamp >= series.lastSeen) return;
    const { step } = this.question;
    const slotOf = (time: number) => alignDown(time, step);
    const next = this.parts.ring.successorOf(series.id, timestamp);
    if (next.isCertain) {
      if (next.timestamp <= timestamp + COUNTER_GAP_MS) this.markSlot(group, slotOf(next.timestamp), moment);
      return;
    }
    // Where the next one is, only the store knows: before the first that is known here, or where it does not matter.
    const last = slotOf(Math.min(next.timestamp, timestamp + COUNTER_GAP_MS));
    const from = Math.max(this.rangeStart, slotOf(timestamp) + step);
    const to = Math.min(this.wholeRange(moment.at).end, last + step);
    if (from < to) this.want(group, from, to, moment.at);
  }

  private mostGroups(): number {
    if (!this.filling) return MAX_GROUPS;
    const { start, end, step } = this.wholeRange(this.parts.now());
    return Math.min(MAX_GROUPS, (MAX_FILLED_POINTS * step) / (end - start));
  }

  /** Whether a point can be evaluated in no time. */
  private isAtHand(slot: number): boolean {
    return slot >= this.memoryFrom && this.seriesCount <= MANY_SERIES;
  }

  private want(group: LiveGroup, from: number, to: number, since: number): void {
    if (from >= this.memoryFrom) {
      this.wantsAside.add({ group, from, to }, since);
      this.parts.requestAside(this);
    } else {
      this.wants.add({ group, from, to }, since);
      this.parts.requestBackground(this);
    }
  }

  private async readReplay(from: number, work: Work): Promise<string | null | 'too_much'> {
    const upserts = this.ranking
      ? await this.ranking.replay(from, work)
      : await this.readSince([...this.groups.values()], from, work);
    return upserts === 'too_much' ? upserts : encodeUpserts(upserts);
  }

  private async isTooMuch(question: PointsQuestion): Promise<boolean> {
    const { groups, start, end, step } = question;
    const inAll = start < this.memoryFrom ? MAX_REPLAY_POINTS : MAX_ASIDE_POINTS;
    const most = inAll / Math.max(1, groups.length);
    if (!isRaw(question)) return (end - start) / step > most;
    try {
      await limitRawSamples(question, most, this.history.read, Work.ofOurs());
      return false;
    } catch (error) {
      if (isPulseError(error) && error.status === 400) return true;
      throw error;
    }
  }

  private async readWanted(groups: LiveGroup[], start: number, end: number): Promise<void> {
    const { metric } = this;
    if (!metric) return;
    const { aggregates, step } = this.question;
    const question = { metric, groups, aggregates, start, end, step };
    if (await this.isTooMuch(question)) {
      for (const reader of this.readers) reader.reset('too_much_missed');
      return;
    }
    const { points } = await this.history.read(question, Work.ofOurs());
    const { seq, at } = this.parts.nextMoment();
    this.refresh(at);
    groups.forEach((group, i) => {
      for (const point of points[i]) {
        // What memory has come to cover meanwhile, it knows better.
        if (!this.isAtHand(point[0])) group.stored.set(point[0], point);
        group.marks.mark(point[0], seq);
        this.seq = seq;
      }
    });
    this.notifyReaders();
  }

  private changesSince(since: number): string | null {
    if (this.textsSeq !== this.seq) this.texts.clear();
    this.textsSeq = this.seq;
    let text = this.texts.get(since);
    if (text === undefined) {
      text = this.encodeChanges(since);
      this.texts.set(since, text);
      this.forgetTold();
    }
    return text;
  }

  private encodeChanges(since: number): string | null {
    if (this.ranking) return encodeUpserts(this.ranking.changes(since));
    return encodeUpserts([...this.groups.values()].map((group) => this.changesOf(group, since)));
  }

  private forgetTold(): void {
    let told = Number.POSITIVE_INFINITY;
    for (const { since } of this.readers) told = Math.min(told, since);
    this.filling?.forgetUpTo(told);
    // What is filled is marked by itself.
    const done = Math.min(this.filling?.appliedSeq ?? told, this.ranking?.rankedSeq ?? told);
    for (const group of this.groups.values()) group.forgetUpTo(done);
  }
}

function rankingOf(query: LiveQuery, ranking: Ranking): LiveRanking {
  return ranking.by === 'latest' ? new TopRanking(query, ranking) : new RangeRanking(query, ranking);
}
