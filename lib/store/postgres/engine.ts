import type { Sql } from 'postgres';
import type { SeriesIdentity, StoredSeries } from '../../catalogue/registry';
import type { Retention } from '../../rollup/steps';
import { again } from '../again';
import { endSession, loadEndedSessions } from '../catalogue/ended-sessions';
import { ensureSeries } from '../catalogue/ensure-series';
import { loadSeries } from '../catalogue/load-series';
import { touchSeries } from '../catalogue/touch-series';
import { type Pools, SILENCE_MS, STATEMENT_TIMEOUT_MS } from '../pools';
import type { SampleRows, Store } from '../store';
import { answered, translate } from '../trouble';
import { append } from './append';
import { maintain } from './maintain';
import { ensurePartitions, listPartitions } from './partitions';
import { readClosed } from './read-closed';
import { readPoints } from './read-points';
import { readSamples } from './read-samples';

const PING_MS = 2_000;
/** Catalogue entries written at once. */
const BATCH = 10_000;
const PAGE_ROWS = 20_000;

/**
 * The engine for any PostgreSQL: range partitions, and rollup tables that `maintain` keeps. `counters` says whether the
 * rollups know what counters did between their rows, or reading has to find out.
 */
export function createPostgresStore(
  pools: Pools,
  retention: Retention,
  counters: 'stored' | 'stitched' = 'stored',
): Store {
  const { write, read, bulk } = pools;
  const closing = new AbortController();
  const writing = <T>(statement: PromiseLike<T>) =>
    answered(statement, 'write', STATEMENT_TIMEOUT_MS.write + SILENCE_MS);

  return {
    engine: 'postgres',
    loadSeries: (after = 0) => translated(loadSeries(bulk, after)),
    ensureSeries: (identities: readonly SeriesIdentity[]): Promise<StoredSeries[]> =>
      writing(again(() => ensureSeries(write, identities))),
    async touchSeries(seen) {
      const inOrder = [...seen].sort((a, b) => a.id - b.id);
      for (let i = 0; i < inOrder.length; i += BATCH)
        await writing(again(() => touchSeries(write, inOrder.slice(i, i + BATCH))));
    },
    endSession: (session) => writing(again(() => endSession(write, session))),
    // Never of a replica, which may not know yet.
    loadEndedSessions: (now) => writing(loadEndedSessions(write, now)),
    append: (rows: SampleRows) =>
      writing(
        again(
          () => append(write, rows),
          () => ensurePartitions(write, 'raw', rows.timestamps),
        ),
      ),
    readPoints: (question) =>
      answered(readPoints(read, question, counters), 'read', STATEMENT_TIMEOUT_MS.read + SILENCE_MS),
    // Asked where the points are read: a replica that lags behind does so with both.
    readClosed: (metricId) =>
      answered(readClosed(read, metricId), 'read', STATEMENT_TIMEOUT_MS.read + SILENCE_MS),
    readSamples: (range) => translated(readAllSamples(bulk, range)),
    maintain(now, signal = closing.signal) {
      const stopped = () => signal.aborted || closing.signal.aborted;
      return answered(
        maintain(bulk, now, retention, stopped),
        'write',
        STATEMENT_TIMEOUT_MS.bulk + SILENCE_MS,
      );
    },
    async ping() {
      await answered(write`select 1`, 'write', PING_MS);
    },
    async close() {
      closing.abort();
      await pools.close();
    },
  };
}

async function* readAllSamples(sql: Sql, range: Parameters<Store['readSamples']>[0]) {
  yield* readSamples(sql, range, { stretches: await listPartitions(sql, 'raw'), pageRows: PAGE_ROWS });
}

async function* translated<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw translate(error, 'write');
  }
}
