import type { ISql } from 'postgres';
import type { SampleRows } from '../../model/samples';
import { isFromServer } from '../pg-errors';
import { withRetries } from '../retry';
import { HugeMetrics } from '../sql/huge-metrics';
import { announce } from './announce';
import { appendInTerm, appendOutside, type Batch } from './append';
import { Heads } from './heads';
import { InFlight } from './in-flight';
import { keysOf, type SampleKeys } from './keys';
import { Membership, type MembershipOptions, type Term } from './membership';
import type { MetricIds } from './metric-ids';
import { orderByMetric } from './order';

/** Terms that end, or intents that are withdrawn, while an append is under way; then it goes the slow way. */
const ATTEMPTS = 5;

export interface AppenderOptions extends Omit<MembershipOptions, 'heads'> {
  metricIds: MetricIds;
  canPack: boolean;
}

/**
 * The writing side of this server. It knows the newest sample of every series, so that the database looks up only what
 * is not newer: by itself while nobody else appends, otherwise from what all servers announce to each other.
 */
export class Appender {
  private readonly heads = new Heads();
  private readonly huge = new HugeMetrics();
  private readonly inFlight = new InFlight();
  private readonly membership: Membership;

  constructor(private readonly options: AppenderOptions) {
    this.membership = new Membership({ ...options, heads: this.heads });
  }

  /** Resolves when it knows what is stored; appends work before, too. */
  open(): Promise<void> {
    return this.membership.open();
  }

  async append(given: SampleRows): Promise<number[]> {
    if (given.seriesIds.length === 0) return [];
    return this.options.write.run((sql) =>
      withRetries(() => this.huge.note(sql, given).then(() => this.appendOn(sql, given))),
    );
  }

  close(): Promise<void> {
    return this.membership.close();
  }

  private async appendOn(sql: ISql, given: SampleRows): Promise<number[]> {
    const { metricIds, canPack } = this.options;
    const { order, ...ordered } = orderByMetric(given, await metricIds.of(sql, given.seriesIds));
    const batch = { ...ordered, canPack };
    const duplicates = await this.store(sql, keysOf(given), batch);
    return duplicates.map((position) => order[position]).sort((a, b) => a - b);
  }

  private async store(sql: ISql, keys: SampleKeys, batch: Batch): Promise<number[]> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const term = await this.membership.current(sql);
      const duplicates = term.intents
        ? await this.appendAnnounced(sql, term, keys, batch)
        : await this.appendAsHolder(sql, term, keys, batch);
      if (duplicates) return duplicates;
    }
    this.heads.note(batch.rows.seriesIds, batch.rows.timestamps);
    return appendOutside(sql, this.membership.writerId, batch);
  }

  private async appendAnnounced(
    sql: ISql,
    term: Term,
    keys: SampleKeys,
    batch: Batch,
  ): Promise<number[] | null> {
    const announced = await announce(sql, { term: term.id, intents: term.intents! }, batch.rows, keys);
    if (announced) return appendInTerm(sql, { term: term.id, ...announced }, batch);
    this.membership.end(term);
    return null;
  }

  private async appendAsHolder(
    sql: ISql,
    term: Term,
    keys: SampleKeys,
    batch: Batch,
  ): Promise<number[] | null> {
    const doubtful = this.heads.admit(batch.rows.seriesIds, batch.rows.timestamps);
    const sameSamples = this.inFlight.having(batch.rows, doubtful);
    const append = Promise.allSettled(sameSamples).then(() =>
      this.membership.isCurrent(term) ? this.appendVouched(sql, term, doubtful, batch) : null,
    );
    const duplicates = await this.inFlight.note(keys, append);
    if (!duplicates) this.membership.end(term);
    return duplicates;
  }

  private async appendVouched(
    sql: ISql,
    term: Term,
    doubtful: number[],
    batch: Batch,
  ): Promise<number[] | null> {
    try {
      return await appendInTerm(sql, { term: term.id, intent: null, conflicts: [], doubtful }, batch);
    } catch (error) {
      if (!isFromServer(error)) this.membership.renounce(term);
      throw error;
    }
  }
}
