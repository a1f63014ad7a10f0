import { randomUUID } from 'node:crypto';
import type { ISql } from 'postgres';
import type { SampleRows } from '../../model/samples';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Lane } from '../lane';
import { LIMIT_MS } from '../limits';
import { isFromServer } from '../pg-errors';
import { withRetries } from '../retry';
import { HugeMetrics } from '../sql/huge-metrics';
import { append } from './append';
import { Heads } from './heads';
import type { MetricIds } from './metric-ids';
import { orderByMetric } from './order';
import { claimTurn, loadHeads, releaseTurn } from './turn';

const CLAIM_EVERY_MS = SECOND;
const RELEASE_MS = 2 * SECOND;

export interface AppenderOptions {
  write: Lane;
  /** Reads the newest samples, which may take seconds. */
  bulk: Lane;
  metricIds: MetricIds;
  canPack: boolean;
}

/**
 * The writing side of this process. While it is the only one that appends, it knows the newest sample of every series
 * and the database looks up only what is not newer; otherwise the database looks up every sample, which is slower, and
 * exact for any number of servers.
 */
export class Appender {
  private writer = randomUUID();
  private readonly heads = new Heads();
  private readonly huge = new HugeMetrics();
  private claiming: Promise<void> | null = null;
  private claimedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: AppenderOptions) {}

  async append(given: SampleRows): Promise<number[]> {
    if (given.seriesIds.length === 0) return [];
    try {
      return await this.options.write.run((sql) =>
        withRetries(() => this.huge.note(sql, given).then(() => this.appendOn(sql, given))),
      );
    } catch (error) {
      if (!isFromServer(error)) this.disown();
      throw error;
    }
  }

  /** Tries to become the trusted writer; appends work without it. */
  async claim(): Promise<void> {
    const ticket = this.heads.distrust();
    const found = await this.options.bulk.run(
      async (sql) => ((await claimTurn(sql, this.writer)) ? loadHeads(sql, Date.now()) : null),
      { limitMs: LIMIT_MS.write },
    );
    if (found) this.heads.trust(ticket, found.from, found.stored);
  }

  async close(): Promise<void> {
    await this.claiming;
    try {
      await this.options.write.run((sql) => releaseTurn(sql, this.writer), { limitMs: RELEASE_MS });
    } catch (error) {
      log().warn({ err: error }, 'the turn to append was not given back; the next server waits for quiet');
    }
  }

  private async appendOn(sql: ISql, given: SampleRows): Promise<number[]> {
    const { metricIds, canPack } = this.options;
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

  /**
   * After an append without an answer. The server may still execute it, at any time, and trusts its writer that the
   * samples are new, although they may have been sent again meanwhile. So this writer id must not be trusted any more.
   */
  private disown(): void {
    this.heads.distrust();
    this.writer = randomUUID();
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
