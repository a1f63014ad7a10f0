import { groupKey, groupLabels } from '../memory/catalogue/groups';
import type { Registry } from '../memory/catalogue/registry';
import type { Ring } from '../memory/ring/ring';
import { isGrowth } from '../model/aggregates';
import { isPulseError } from '../model/errors';
import { LIMITS } from '../model/limits';
import type { Point } from '../model/points';
import type { Ranking } from '../model/question';
import { type Tier, tierForStarts } from '../model/rollup/tiers';
import { COUNTER_GAP_MS } from '../model/samples';
import type { Metric, Series } from '../model/series';
import { countSteps, listStarts, startFrom, toldAt } from '../model/time/steps';
import type { History } from '../read/history';
import { isRaw, limitGroups, limitPoints, limitRawSamples, MAX_FILLED_POINTS } from '../read/query/limits';
import { MAX_GROUPS } from '../read/query/params';
import type { Calculation, GroupedQuestion } from '../read/query/points';
import { Work } from '../runtime/work/work';
import type { ArrivalLog } from './arrival-log';
import type { BackgroundWorker } from './background';
import { Filling } from './filling';
import { encodeUpserts, LiveGroup, type LivePlace, type Upsert } from './live-group';
import type { LiveQuestion } from './live-question';
import { RangeRanking } from './range-ranking';
import { type LiveRanking, TopRanking } from './top-ranking';
import { Wants } from './wants';

/** A part of a question's range: epoch ms, where a step begins; `end` exclusive. */
export interface LiveRange {
  start: number;
  end: number;
}

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
  /** Whether a point may cease to be: then it is told as taken back. */
  readonly canVanish: boolean;
  /** Whether all that is told is of the past: then time brings new points, and nothing else does. */
  private readonly isDelayed: boolean;
  /** Points of before have been told, or are wanted. */
  private dueFrom: number;
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
  private newest = 0;
  private memoryFrom = 0;
  private refreshedSeq = 0;

  constructor(
    readonly question: LiveQuestion,
    private readonly parts: LiveQueryParts,
    moment: Moment,
  ) {
    this.history = parts.history;
    this.seq = moment.seq;
    this.canVanish = question.expression !== null;
    this.isDelayed = this.endsNow && question.sides.every(({ offset }) => offset > 0);
    this.dueFrom = startFrom(question.steps, moment.at);
    this.refresh(moment.at);
    this.ranking = question.ranking && rankingOf(this, question.ranking);
    this.filling = question.fill === 'none' ? null : new Filling(this, question.fill);
  }

  now(): number {
    return this.parts.now();
  }

  /** Whether the range goes on with the clock. */
  private get endsNow(): boolean {
    return this.question.endAt(0) === Number.POSITIVE_INFINITY;
  }

  /** Of each side; null while one of them is unknown. */
  get metrics(): readonly Metric[] | null {
    const known = this.question.sides.flatMap(({ metric }) => this.parts.registry.metrics.get(metric) ?? []);
    return known.length === this.question.sides.length ? known : null;
  }

  /** What is asked of groups; null while a metric is unknown. */
  get asked(): Calculation | null {
    const { sides, expression, steps } = this.question;
    const { metrics } = this;
    return metrics && { sides: sides.map((side, i) => ({ ...side, metric: metrics[i] })), expression, steps };
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
    const since = Math.min(this.wants.since, this.wantsAside.since);
    return this.isDelayed ? Math.min(since, this.dueFrom) : since;
  }

  /** The groups with changes that cannot be told yet. */
  get pendingGroups(): Set<LiveGroup> {
    return new Set([...this.wants.groups, ...this.wantsAside.groups]);
  }

  /** Whether the newest points come from memory. */
  isInMemory(now: number): boolean {
    const { steps } = this.question;
    return this.history.memoryFrom(this.question, steps) <= steps.startOf(now);
  }

  /** Where the newest points are read that do not come from memory. */
  slowTier(now: number): Tier {
    const { steps, sides } = this.question;
    const newest = steps.startOf(now);
    const edges = sides.flatMap(({ offset }) => [
      steps.back(newest, offset),
      steps.back(steps.after(newest), offset),
    ]);
    return tierForStarts(edges);
  }

  /** Every series that there is has been taken in. */
  begin(): void {
    if (!this.isLoaded) this.parts.requestBackground(this);
  }

  /** Takes in a series that a side asks about. @returns its group; null when there are too many groups. */
  admit(series: Series, side: number): LiveGroup | null {
    const { by, ranking } = this.question;
    const key = groupKey(series.labels, by);
    let group = this.groups.get(key);
    if (!group) {
      if (ranking === null && this.groups.size >= this.mostGroups()) return null;
      group = new LiveGroup(this, key, groupLabels(series.labels, by));
      this.groups.set(key, group);
    }
    group.sides[side].push(series);
    this.seriesCount++;
    return group;
  }

  /** @throws PulseError `too_expensive` when that are more groups than can be watched. */
  limit(groups: number): void {
    const { by, ranking, fill, steps, sides } = this.question;
    // A group that only one side has is none.
    limitGroups(Math.ceil(groups / sides.length), by, ranking);
    const kept = Math.min(groups, ranking?.count ?? groups);
    if (fill !== 'none') limitPoints(kept, { ...this.answeredRange(this.parts.now()), steps, fill });
  }

  /** Notes that a sample of one of the group's series was committed. */
  mark(place: LivePlace, series: Series, timestamp: number, moment: Moment): void {
    if (this.refreshedSeq !== moment.seq) this.refresh(moment.at);
    this.refreshedSeq = moment.seq;
    this.markAt(place, timestamp, moment);
    if (this.question.sides[place.side].aggregates.some(isGrowth))
      this.markSuccessor(place, series, timestamp, moment);
  }

  /** The earliest point that what arrived since `time` may have changed; Infinity when there is none. */
  changedSince(arrivals: ArrivalLog, time: number): number {
    const { sides, steps } = this.question;
    return Math.min(
      ...sides.map(({ metric, offset }) => toldAt(steps, arrivals.earliestSince(metric, time), offset)),
    );
  }

  /** Called about once a second: what changes by time passing. */
  beat(now: number): void {
    this.ranking?.beat(now);
    this.filling?.slide(now);
    this.wantDue(now);
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
    const now = this.parts.now();
    this.refresh(now);
    const { steps } = this.question;
    const range = this.wholeRange(now);
    const start = Math.max(range.start, from);
    if (!this.metrics || start >= range.end) return [];
    const isTooMuch = isRaw(this.question)
      ? start < this.memoryFrom || this.canVanish
      : groups.length * countSteps(steps, start, range.end) > MAX_REPLAY_POINTS;
    if (isTooMuch) return 'too_much';
    // What is filled depends on more than what has changed.
    const told = this.filling ? range : { ...range, start };
    const points = await this.readPoints(groups, told, work);
    const { end } = this.answeredRange(now);
    return groups.map((group, i) => {
      if (this.filling) return { group, points: this.filling.whole(points[i], { ...told, end }) };
      return { group, points: this.canVanish ? this.withGone(points[i], { start, end }) : points[i] };
    });
  }

  /** The points of groups, in their order; without what is filled. */
  async readPoints(groups: readonly LiveGroup[], range: LiveRange, work = Work.ofOurs()): Promise<Point[][]> {
    const question = this.questionOf(groups, range);
    if (!question) return groups.map(() => []);
    const { points } = await this.history.read(question, work);
    return points;
  }

  /** Null where there is nothing to ask: no range, or a metric that is not known yet. */
  questionOf(groups: readonly LiveGroup[], { start, end }: LiveRange): GroupedQuestion | null {
    const { asked } = this;
    return asked && start < end ? { ...asked, groups, start, end } : null;
  }

  /** What is told of a point that there is no longer. */
  takenBack(slot: number): Point {
    return [slot, ...this.question.sides[0].aggregates.map(() => null)];
  }

  /** Points that nobody can list are taken back by having readers begin anew. */
  resetIfRaw(): void {
    if (isRaw(this.question)) for (const reader of this.readers) reader.reset('too_much_missed');
  }

  /** Every point of the range after `t`, taken back; of single milliseconds, which are too many to tell, none. */
  goneAfter(t: number): Point[] {
    const { steps } = this.question;
    if (isRaw(this.question)) return [];
    const { start, end } = this.wholeRange(this.parts.now());
    const from = t < start ? start : steps.after(t);
    return listStarts(steps, from, end).map((slot) => this.takenBack(slot));
  }

  /** All points of some groups, taken back. */
  noneOf(groups: Iterable<LiveGroup>): Upsert[] {
    const points = this.goneAfter(Number.NEGATIVE_INFINITY);
    const most = MAX_REPLAY_POINTS / Math.max(1, points.length);
    return [...groups].slice(0, most).map((group) => ({ group, points }));
  }

  /** The query's range as of `now`, as history answers it. */
  answeredRange(now: number): LiveRange {
    const { steps, startAt, endAt } = this.question;
    return {
      start: steps.startOf(startAt(now)),
      end: startFrom(steps, this.endsNow ? now : endAt(now)),
    };
  }

  /** The query's range as of `now`, up to the newest sample there can be. */
  wholeRange(now: number): LiveRange {
    const range = this.answeredRange(now);
    if (this.isDelayed) return range;
    const newest = this.newestAt(now);
    return { ...range, end: this.endsNow ? newest : Math.min(range.end, newest) };
  }

  /** The end of the newest point that there can be. */
  private newestAt(now: number): number {
    const { steps, sides } = this.question;
    const ahead = this.endsNow ? 0 : Math.max(...sides.map(({ offset }) => offset));
    return steps.after(steps.startOf(now + LIMITS.maxClockAheadMs + ahead));
  }

  /** Has all points of a group told. */
  wantWhole(group: LiveGroup, now: number): void {
    const { start, end } = this.wholeRange(now);
    this.want(group, start, end, now);
  }

  /** Has the points of a group told from `time` on, where a step begins. */
  wantSince(group: LiveGroup, time: number, now: number): void {
    const { start, end } = this.wholeRange(now);
    const from = Math.max(start, time);
    if (from < end) this.want(group, from, end, now);
  }

  /** Has all points of all groups told. @returns false when they are too many for that. */
  wantAll(now: number): boolean {
    const { start, end } = this.wholeRange(now);
    const points = this.groups.size * countSteps(this.question.steps, start, end);
    if (isRaw(this.question) || points > MAX_REPLAY_POINTS) return false;
    for (const group of this.groups.values()) this.wantWhole(group, now);
    return true;
  }

  /** The marked points of a group as they are now; those that have to be read first come later. */
  pointsAt(group: LiveGroup, slots: readonly number[]): Point[] {
    const { steps } = this.question;
    const points: Point[] = [];
    let next = 0;
    for (; next < slots.length && !this.isAtHand(slots[next]); next++) {
      const point = group.stored.get(slots[next]);
      if (point) points.push(point);
      // It was in memory when it was marked, and when it arrived is forgotten.
      else this.want(group, slots[next], steps.after(slots[next]), Number.NEGATIVE_INFINITY);
    }
    const { asked } = this;
    const inMemory: Point[] = [];
    while (asked && next < slots.length) {
      const start = slots[next];
      const gap = RUN_GAP_STEPS * steps.usualMs;
      while (next + 1 < slots.length && slots[next + 1] - slots[next] <= gap) next++;
      const run = { start, end: steps.after(slots[next]) };
      for (const point of this.history.readMemory(asked, group, run))
        if (group.marks.has(point[0])) inMemory.push(point);
      next++;
    }
    if (!this.canVanish) return points.concat(inMemory);
    const marked = slots.filter((slot) => this.isAtHand(slot));
    return points.concat(this.atEach(marked, inMemory));
  }

  /** The points at each of some times, those that there are not taken back. */
  private atEach(slots: readonly number[], points: readonly Point[]): Point[] {
    const known = new Map(points.map((point) => [point[0], point]));
    return slots.map((slot) => known.get(slot) ?? this.takenBack(slot));
  }

  /** All points of a range and what is not there, taken back; those beyond the range as they are. */
  private withGone(points: readonly Point[], { start, end }: LiveRange): Point[] {
    const slots = listStarts(this.question.steps, start, end);
    return this.atEach(slots, points).concat(points.filter(([t]) => t >= end));
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
    const { steps, startAt, endAt } = this.question;
    this.rangeStart = steps.startOf(startAt(now));
    this.rangeEnd = this.isDelayed ? this.dueFrom : startFrom(steps, endAt(now));
    this.newest = this.newestAt(now);
    this.memoryFrom = this.history.memoryFrom(this.question, steps);
  }

  /** Points of the past become due as time passes, though nothing is written. */
  private wantDue(now: number): void {
    const { end } = this.answeredRange(now);
    if (!this.isDelayed || end <= this.dueFrom) return;
    // Of whoever has been told everything up to a moment, they are due at that moment.
    for (const group of this.groups.values()) this.want(group, this.dueFrom, end, this.dueFrom);
    this.dueFrom = end;
  }

  private markAt({ group, side }: LivePlace, timestamp: number, moment: Moment): void {
    const { steps, sides } = this.question;
    const { offset } = sides[side];
    const slot = toldAt(steps, timestamp, offset);
    // What is of the past has its counterpart only then.
    if (offset === 0 || slot < this.newest) this.markSlot(group, slot, moment);
  }

  private markSlot(group: LiveGroup, slot: number, moment: Moment): void {
    if (slot < this.rangeStart || slot >= this.rangeEnd) return;
    if (!this.isAtHand(slot)) {
      this.want(group, slot, this.question.steps.after(slot), moment.at);
    } else {
      group.marks.mark(slot, moment.seq);
      this.seq = moment.seq;
    }
  }

  /** A late sample changes also the growth up to the sample after it. */
  private markSuccessor(place: LivePlace, series: Series, timestamp: number, moment: Moment): void {
    if (timestamp >= series.lastSeen) return;
    const { steps, sides } = this.question;
    const { group, side } = place;
    const next = this.parts.ring.successorOf(series.id, timestamp);
    if (next.isCertain) {
      if (next.timestamp <= timestamp + COUNTER_GAP_MS) this.markAt(place, next.timestamp, moment);
      return;
    }
    // Where the next one is, only the store knows: before the first that is known here, or where it does not matter.
    const slotOf = (time: number) => toldAt(steps, time, sides[side].offset);
    const last = slotOf(Math.min(next.timestamp, timestamp + COUNTER_GAP_MS));
    const from = Math.max(this.rangeStart, steps.after(slotOf(timestamp)));
    const to = Math.min(this.wholeRange(moment.at).end, this.rangeEnd, steps.after(last));
    if (from < to) this.want(group, from, to, moment.at);
  }

  private mostGroups(): number {
    const most = MAX_GROUPS * this.question.sides.length;
    if (!this.filling) return most;
    const { start, end } = this.wholeRange(this.parts.now());
    return Math.min(most, MAX_FILLED_POINTS / countSteps(this.question.steps, start, end));
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

  private async isTooMuch(question: GroupedQuestion): Promise<boolean> {
    const { groups, start, end, steps } = question;
    const inAll = start < this.memoryFrom ? MAX_REPLAY_POINTS : MAX_ASIDE_POINTS;
    const most = inAll / Math.max(1, groups.length);
    if (this.canVanish || !isRaw(question)) return countSteps(steps, start, end) > most;
    try {
      await limitRawSamples(question, most, this.history.read, Work.ofOurs());
      return false;
    } catch (error) {
      if (isPulseError(error) && error.status === 400) return true;
      throw error;
    }
  }

  private async readWanted(groups: LiveGroup[], start: number, end: number): Promise<void> {
    const question = this.questionOf(groups, { start, end });
    if (!question) return;
    if (await this.isTooMuch(question)) {
      for (const reader of this.readers) reader.reset('too_much_missed');
      return;
    }
    const { points } = await this.history.read(question, Work.ofOurs());
    const { seq, at } = this.parts.nextMoment();
    this.refresh(at);
    groups.forEach((group, i) => {
      for (const point of this.canVanish ? this.withGone(points[i], { start, end }) : points[i]) {
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
