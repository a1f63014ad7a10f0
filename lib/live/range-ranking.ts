import type { Ranking } from '../model/question';
import { SECOND } from '../model/time/duration';
import { rankWhole } from '../read/query/rank';
import { Work } from '../runtime/work/work';
import type { LiveGroup, Upsert } from './live-group';
import type { LiveQuery } from './live-query';
import { FAREWELL_MS, type LiveRanking } from './top-ranking';

/** The whole range is read for a ranking: it is made anew this often, or as seldom as the store's time allows. */
const RANK_EVERY_MS = 10 * SECOND;

/**
 * Which groups of a live query have the highest (or lowest) value over the whole range. Readers cannot tell that from
 * points, so when the order changes they are told all of it: an upsert with the rank of every group that is kept, and
 * groups that it does not name are kept no longer. A group that enters comes with all its points; those of one that
 * leaves are taken back, which is all there is to tell when none is kept.
 */
export class RangeRanking implements LiveRanking {
  readonly rankedSeq = Number.POSITIVE_INFINITY;
  isLoaded = false;
  kept: readonly LiveGroup[] = [];
  /** Groups that are kept no longer, until every reader has heard of it. */
  private readonly left = new Map<LiveGroup, { seq: number; at: number }>();
  private changedSeq = 0;
  private rankedAt = Number.NEGATIVE_INFINITY;
  private isDue = false;
  private announceLoaded: () => void = () => {};
  private readonly loaded = new Promise<void>((resolve) => {
    this.announceLoaded = resolve;
  });

  constructor(
    private readonly query: LiveQuery,
    private readonly ranking: Ranking,
  ) {}

  async load(now: number): Promise<void> {
    this.kept = await this.rank(now);
    this.changedSeq = this.query.noteChange();
    this.isLoaded = true;
    this.announceLoaded();
  }

  update(): void {}

  beat(now: number): void {
    if (!this.isLoaded || now - this.rankedAt < RANK_EVERY_MS) return;
    this.isDue = true;
    this.query.requestBackground();
  }

  async work(now: number): Promise<void> {
    if (!this.isDue) return;
    const before = this.kept;
    const kept = await this.rank(now);
    this.isDue = false;
    if (kept.length === before.length && kept.every((group, i) => group === before[i])) return;
    this.kept = kept;
    this.changedSeq = this.query.noteChange();
    if (kept.length === 0) this.query.resetIfRaw();
    for (const group of before) this.left.set(group, { seq: this.changedSeq, at: now });
    for (const group of kept) {
      this.left.delete(group);
      if (!before.includes(group)) this.query.wantWhole(group, now);
    }
    for (const [group, { at }] of this.left) if (at < now - FAREWELL_MS) this.left.delete(group);
  }

  changes(since: number): Upsert[] {
    const upserts = this.kept.map((group) => this.query.changesOf(group, since));
    return [...(this.changedSeq > since ? ranked(upserts) : upserts), ...this.farewells(since)];
  }

  async replay(_from: number, work: Work): Promise<Upsert[] | 'too_much'> {
    await this.loaded;
    const whole = await this.query.readSince(this.kept, Number.NEGATIVE_INFINITY, work);
    if (whole === 'too_much') return whole;
    // A reader that came with groups which have no value any more has to hear that none is kept, of each of them.
    if (whole.length === 0 && this.query.canVanish) return this.query.noneOf(this.query.groups.values());
    return [...ranked(whole), ...this.farewells(Number.NEGATIVE_INFINITY)];
  }

  private farewells(since: number): Upsert[] {
    const left = [...this.left].filter(([, { seq }]) => seq > since);
    return this.query.noneOf(left.map(([group]) => group));
  }

  settle(): () => void {
    return () => {};
  }

  private async rank(now: number): Promise<LiveGroup[]> {
    const { history, groups } = this.query;
    const whole = [...groups.values()].filter(({ sides }) => sides.every((series) => series.length > 0));
    const question = this.query.questionOf(whole, this.query.answeredRange(now));
    this.rankedAt = now;
    if (!question) return [];
    const kept = await rankWhole(question, this.ranking, history.read, Work.ofOurs());
    return kept.map(({ group }) => group as LiveGroup);
  }
}

function ranked(upserts: readonly Upsert[]): Upsert[] {
  return upserts.map((upsert, i) => ({ ...upsert, rank: i + 1 }));
}
