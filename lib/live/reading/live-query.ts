import type { Registry } from '../../memory/catalogue/registry';
import type { Ring } from '../../memory/ring/ring';
import type { Ranking } from '../../model/question';
import type { Series } from '../../model/series';
import { stepOfSample } from '../../model/time/steps';
import type { History } from '../../read/history';
import type { Scheduler } from '../../runtime/work/scheduler';
import type { ReadingWork } from '../../runtime/work/work';
import type { Background, BackgroundWorker } from '../background';
import type { ArrivalLog } from '../changes/arrival-log';
import type { CommitOrder, CommitStamp } from '../changes/commit-order';
import type { Round } from '../pacer';
import { Filling } from './filling';
import { type GroupWatch, type GroupWatcher, toValues, type Upserts } from './live-group';
import type { LiveQuestion } from './live-question';
import { QueryGroups } from './query-groups';
import { QueryMarks } from './query-marks';
import { QueryPoints } from './query-points';
import { QueryUpserts } from './query-upserts';
import { QuestionRange } from './question-range';
import { RangeRanking } from './range-ranking';
import type { LiveRanking, RankedQuery } from './ranking';
import { type QueryReader, Readers } from './readers';
import { TopRanking } from './top-ranking';

/** What all live queries of a node work with. */
export interface LiveQueryParts {
  history: History;
  memory: { registry: Pick<Registry, 'metrics'>; ring: Pick<Ring, 'successorOf'> };
  order: CommitOrder;
  now(): number;
  /** For reads from the store, and for long evaluations in memory. */
  background: { store: Background; memory: Background };
  scheduler: Scheduler;
}

/**
 * One question that any number of readers watch. Commits mark what they touch; what is marked is evaluated when a
 * reader takes it, once for all readers that take the same.
 */
export class LiveQuery implements GroupWatcher, BackgroundWorker {
  readonly readers = new Readers();
  readonly range: QuestionRange;
  readonly groups: QueryGroups;
  readonly marks: QueryMarks;
  private readonly points: QueryPoints;
  private readonly upserts: QueryUpserts;
  private readonly ranking: LiveRanking | null;
  private readonly filling: Filling | null;
  /** Before the first load there is nothing to take. */
  private isLoaded: boolean;
  /** The changes that readers of this round take, by the number they begin after. */
  private readonly taken = new Map<number, Upserts | null>();
  private takenBy: Round | null = null;
  private takenUpTo: CommitStamp = { seq: 0, at: 0 };
  private readonly replays = new Map<number, Promise<Upserts | null | 'too_much'>>();
  private replaysSeq = 0;
  /** Evaluates what memory holds of very many series. */
  private readonly memoryWorker: BackgroundWorker = {
    workInBackground: () => this.points.readPending(this.marks.fromMemory),
  };

  constructor(
    readonly question: LiveQuestion,
    private readonly parts: LiveQueryParts,
  ) {
    const { history, memory, order, now, scheduler } = parts;
    const { readers } = this;
    const range = new QuestionRange(question, history, now);
    const groups = new QueryGroups(range, memory.registry, this);
    const marks = new QueryMarks({ groups, range, readers, ring: memory.ring, order }, (where) =>
      this.request(where),
    );
    const points = new QueryPoints({ groups, range, marks, readers, order, scheduler }, history);
    this.filling = question.fill === 'none' ? null : new Filling(range, marks, points, question.fill);
    const upserts = new QueryUpserts({ range, groups, marks, points, filling: this.filling });
    this.range = range;
    this.groups = groups;
    this.marks = marks;
    this.points = points;
    this.upserts = upserts;
    this.ranking = question.ranking && rankingOf({ range, groups, marks, points, upserts }, question.ranking);
    this.isLoaded = this.ranking === null && this.filling === null;
  }

  get isWatched(): boolean {
    return this.readers.size > 0;
  }

  /** Every series that there is has been taken in. */
  begin(): void {
    if (!this.isLoaded) this.request('store');
  }

  /** It has no readers any more. */
  end(): void {
    this.parts.background.store.forget(this);
    this.parts.background.memory.forget(this.memoryWorker);
  }

  mark(watch: GroupWatch, series: Series, timestamp: number, stamp: CommitStamp): void {
    this.marks.mark(watch, series, timestamp, stamp);
  }

  committed(stamp: CommitStamp): void {
    // Where points have to be read first, readers are notified after the read.
    if (this.marks.seq === stamp.seq) this.readers.notify();
  }

  /** The earliest point that what arrived since `time` may have changed; Infinity when there is none. */
  changedSince(arrivals: ArrivalLog, time: number): number {
    const { operands, steps } = this.question;
    return Math.min(
      ...operands.map(({ metric, offset }) =>
        stepOfSample(steps, arrivals.earliestSince(metric, time), offset),
      ),
    );
  }

  /** Called about once a second: what changes by time passing. */
  beat(now: number): void {
    this.ranking?.beat(now);
    this.filling?.slide(now);
    this.marks.requestDue(now);
    this.replays.clear();
  }

  /**
   * What the reader has not taken yet, null for nothing; from then on it counts as taken. Readers of one round take
   * what the first of them found; what is committed during the round is taken in the next. Otherwise every commit
   * between two readers would need another evaluation.
   */
  take(reader: QueryReader, round: Round): Upserts | null {
    this.readers.expectNotice();
    if (!this.hasMore(reader)) return null;
    if (this.takenBy !== round) this.beginRound(round);
    let upserts = this.taken.get(reader.since);
    if (upserts === undefined) {
      upserts = this.changesSince(reader.since, round.now);
      this.taken.set(reader.since, upserts);
    }
    // A reader that began earlier may have taken more. To take it again does no harm, and keeps readers together.
    reader.since = Math.max(reader.since, this.takenUpTo.seq);
    return upserts;
  }

  /** Whether there is something to take. */
  hasMore({ since }: QueryReader): boolean {
    return this.isLoaded && this.marks.seq > since;
  }

  /** When the oldest arrived of what the reader has not taken, epoch ms; Infinity when it has taken all. */
  waitingSince(reader: QueryReader): number {
    const { pendingSince } = this.marks;
    if (this.marks.seq <= reader.since) return pendingSince;
    if (reader.since !== this.takenUpTo.seq) return Number.NEGATIVE_INFINITY;
    return Math.min(pendingSince, this.takenUpTo.at);
  }

  /**
   * What may have changed for a reader that had everything before samples since `from` arrived; null for nothing,
   * `too_much` when it should read history again.
   */
  replay(from: number, work: ReadingWork): Promise<Upserts | null | 'too_much'> {
    // Readers that return together, after a restart or a lost connection, share one replay.
    if (this.replaysSeq !== this.marks.seq) this.replays.clear();
    this.replaysSeq = this.marks.seq;
    let replay = this.replays.get(from);
    if (!replay) {
      replay = this.readReplay(from, work);
      this.replays.set(from, replay);
    }
    return replay;
  }

  /** Reads from the store: called again until it succeeds. */
  async workInBackground(): Promise<void> {
    const readPending = () => this.readPending();
    await (this.ranking ? this.ranking.work(readPending) : readPending());
  }

  private async readPending(): Promise<void> {
    if (!this.isLoaded) {
      await this.filling?.load(this.ranking?.kept(this.range.now()) ?? this.groups.all);
      this.isLoaded = true;
      this.readers.notify();
    }
    await this.points.readPending(this.marks.fromStore);
  }

  private request(where: 'store' | 'memory'): void {
    const { background } = this.parts;
    if (where === 'store') background.store.request(this);
    else background.memory.request(this.memoryWorker);
  }

  private async readReplay(from: number, work: ReadingWork): Promise<Upserts | null | 'too_much'> {
    const upserts = this.ranking
      ? await this.ranking.replay(from, work)
      : await this.upserts.readSince([...this.groups.all], from, work);
    return upserts === 'too_much' ? upserts : toValues(upserts);
  }

  private beginRound(round: Round): void {
    this.takenBy = round;
    this.takenUpTo = { seq: this.marks.seq, at: this.parts.now() };
    this.taken.clear();
    // Once a round: it goes through all readers.
    this.forgetTaken();
  }

  private changesSince(since: number, now: number): Upserts | null {
    const kept = this.ranking?.kept(now) ?? this.groups.all;
    this.range.refresh(now);
    this.filling?.update(kept, now);
    return toValues(
      this.ranking?.changes(since) ??
        [...this.groups.all].map((group) => this.upserts.changesOf(group, since)),
    );
  }

  private forgetTaken(): void {
    const taken = this.readers.takenUpTo;
    this.filling?.forgetUpTo(taken);
    for (const group of this.groups.all) group.forgetUpTo(taken);
  }
}

function rankingOf(query: RankedQuery, ranking: Ranking): LiveRanking {
  return ranking.by === 'latest' ? new TopRanking(query, ranking) : new RangeRanking(query, ranking);
}
