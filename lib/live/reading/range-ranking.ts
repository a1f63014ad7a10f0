import type { Ranking } from '../../model/question';
import { SECOND } from '../../model/time/duration';
import { rankWhole } from '../../read/query/rank';
import type { ReadingWork } from '../../runtime/work/work';
import type { LiveGroup, Upsert } from './live-group';
import { DEPARTURE_MS, FirstLoad, type LiveRanking, type RankedQuery } from './ranking';
import { canBeRemoved } from './removed-points';

/** The whole range is read for a ranking: it is repeated this often, or less often where reading takes long. */
const RANK_EVERY_MS = 10 * SECOND;

/**
 * Which groups of a live query have the highest (or lowest) value over the whole range. That does not follow from the
 * points, so when the order changes all of it is sent: an upsert with the rank of every group that is kept; a group
 * that it does not name is removed. A group that enters comes with all its points; those of one that leaves are sent as
 * removed, which is all there is to send when none is kept.
 */
export class RangeRanking implements LiveRanking {
  private order: readonly LiveGroup[] = [];
  /** Groups that are kept no longer, until every reader has taken that. */
  private readonly left = new Map<LiveGroup, { seq: number; at: number }>();
  private changedSeq = 0;
  private rankedAt = Number.NEGATIVE_INFINITY;
  private isDue = false;
  private readonly firstLoad = new FirstLoad();

  constructor(
    private readonly query: RankedQuery,
    private readonly ranking: Ranking,
  ) {}

  kept(): Iterable<LiveGroup> {
    return this.order;
  }

  async work(readPending: () => Promise<void>): Promise<void> {
    if (!this.firstLoad.isDone) await this.load(this.query.range.now());
    await this.rankAgain(this.query.range.now());
    await readPending();
  }

  private async load(now: number): Promise<void> {
    this.order = await this.rank(now);
    this.changedSeq = this.query.marks.noteChange();
    this.firstLoad.finish();
  }

  beat(now: number): void {
    if (!this.firstLoad.isDone || now - this.rankedAt < RANK_EVERY_MS) return;
    this.isDue = true;
    this.query.marks.requestStore();
  }

  private async rankAgain(now: number): Promise<void> {
    if (!this.isDue) return;
    const before = this.order;
    const kept = await this.rank(now);
    this.isDue = false;
    if (kept.length === before.length && kept.every((group, i) => group === before[i])) return;
    this.order = kept;
    this.changedSeq = this.query.marks.noteChange();
    if (kept.length === 0) this.query.points.resetIfRaw();
    for (const group of before) this.left.set(group, { seq: this.changedSeq, at: now });
    for (const group of kept) {
      this.left.delete(group);
      if (!before.includes(group)) this.query.marks.requestWhole(group, now);
    }
    for (const [group, { at }] of this.left) if (at < now - DEPARTURE_MS) this.left.delete(group);
  }

  changes(since: number): Upsert[] {
    const upserts = this.order.map((group) => this.query.upserts.changesOf(group, since));
    return [...(this.changedSeq > since ? ranked(upserts) : upserts), ...this.departures(since)];
  }

  async replay(_from: number, work: ReadingWork): Promise<Upsert[] | 'too_much'> {
    await this.firstLoad.done;
    const whole = await this.query.upserts.readSince(this.order, Number.NEGATIVE_INFINITY, work);
    if (whole === 'too_much') return whole;
    // A reader may have come with groups that have no value any more: each of them is sent as removed.
    if (whole.length === 0 && canBeRemoved(this.query.range.question))
      return this.query.points.allRemovedOf(this.query.groups.all);
    return [...ranked(whole), ...this.departures(Number.NEGATIVE_INFINITY)];
  }

  private departures(since: number): Upsert[] {
    const left = [...this.left].filter(([, { seq }]) => seq > since);
    return this.query.points.allRemovedOf(left.map(([group]) => group));
  }

  private async rank(now: number): Promise<LiveGroup[]> {
    const { groups, points, range } = this.query;
    const whole = [...groups.all].filter(({ seriesByOperand }) =>
      seriesByOperand.every((series) => series.length > 0),
    );
    const question = groups.questionOf(whole, range.answered(now));
    this.rankedAt = now;
    if (!question) return [];
    const kept = await rankWhole(question, this.ranking, points.history.read, points.backgroundWork());
    return kept.map(({ group }) => group as LiveGroup);
  }
}

function ranked(upserts: readonly Upsert[]): Upsert[] {
  return upserts.map((upsert, i) => ({ ...upsert, rank: i + 1 }));
}
