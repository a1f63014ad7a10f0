import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { log } from '../../log';
import { SECOND } from '../../model';
import type { SampleRows } from '../store';
import { append } from './append';
import { Heads } from './heads';
import type { MetricIds } from './metric-ids';
import { orderByMetric } from './order';
import { claimTurn, loadHeads, releaseTurn } from './turn';

const CLAIM_EVERY_MS = SECOND;

export interface AppenderOptions {
  sql: Sql;
  /** Reads the newest samples, which may take seconds. */
  bulk: Sql;
  metricIds: MetricIds;
  canPack: boolean;
}

/**
 * The writing side of this process. While it is the only one that appends, it knows the newest sample of every series
 * and the database looks up only what is not newer; otherwise the database looks up every sample, which is slower, and
 * exact for any number of servers.
 */
export class Appender {
  private readonly writer = randomUUID();
  private readonly heads = new Heads();
  private claiming: Promise<void> | null = null;
  private claimedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: AppenderOptions) {}

  async append(given: SampleRows): Promise<number[]> {
    if (given.seriesIds.length === 0) return [];
    const { sql, metricIds, canPack } = this.options;
    const { order, ...batch } = orderByMetric(given, await metricIds.of(sql, given.seriesIds));
    if (!this.heads.trusted) this.claimInBackground();

    const doubtful = this.heads.admit(batch.rows.seriesIds, batch.rows.timestamps);
    const send = (doubting: readonly number[]) =>
      append(sql, { writer: this.writer, ...batch, doubtful: doubting, canPack });
    let duplicates = await send(doubtful);
    if (duplicates === null) {
      this.heads.distrust();
      duplicates = await send([...order.keys()]);
    }
    if (duplicates === null) throw new Error('append_samples stored nothing although every row was doubted');
    return duplicates.map((position) => order[position]).sort((a, b) => a - b);
  }

  /** Tries to become the one whose word counts; appends work without it. */
  async claim(): Promise<void> {
    const ticket = this.heads.distrust();
    if (!(await claimTurn(this.options.bulk, this.writer))) return;
    const { from, stored } = await loadHeads(this.options.bulk, Date.now());
    this.heads.trust(ticket, from, stored);
  }

  async close(): Promise<void> {
    await this.claiming;
    await releaseTurn(this.options.sql, this.writer);
  }

  private claimInBackground(): void {
    if (this.claiming || Date.now() < this.claimedAt + CLAIM_EVERY_MS) return;
    this.claimedAt = Date.now();
    this.claiming = this.claim()
      .catch((error) =>
        log().warn({ err: error }, 'the newest samples could not be read; every sample is looked up'),
      )
      .finally(() => {
        this.claiming = null;
      });
  }
}
