import type { ISql, Sql } from 'postgres';
import type { Retention } from '../../model/rollup/tiers';
import type { SampleRows } from '../../model/samples';
import type { SeriesIdentity, StoredSeries } from '../../model/series';
import { again } from '../again';
import { ensureSeries } from '../catalogue/ensure-series';
import { loadSeries } from '../catalogue/load-series';
import { touchSeries } from '../catalogue/touch-series';
import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Pools } from '../pools';
import { isHeavy } from '../sql/cost';
import { HugeMetrics } from '../sql/huge-metrics';
import { readClosed } from '../sql/read-closed';
import { readLast } from '../sql/read-last';
import { joinAnswers, readPoints } from '../sql/read-points';
import { readSamples } from '../sql/read-samples';
import type { Store, StoreAnswer, StoreQuestion } from '../store';
import { append } from './append';
import { maintain } from './maintain';
import { ensurePartitions, listPartitions } from './partitions';

/** Catalogue entries written at once. */
const BATCH = 10_000;
const PAGE_ROWS = 20_000;

export interface EngineOptions {
  /** Whether the rollups know what counters did between their rows, or reading has to find out. */
  counters?: 'stored' | 'stitched';
  /** Cuts a question that one statement had better not answer; see `slicesOf`. */
  cut?(question: StoreQuestion): Promise<StoreQuestion[]>;
}

/** The engine for any PostgreSQL: range partitions, and rollup tables that `maintain` keeps. */
export function createPostgresStore(
  pools: Pools,
  retention: Retention,
  { counters = 'stored', cut = async (question) => [question] }: EngineOptions = {},
): Store {
  const { write, read, bulk } = pools;
  const huge = new HugeMetrics();
  const closing = new AbortController();
  const writing = <T>(work: (sql: Sql) => Promise<T>) => write.run((sql) => again(() => work(sql)));
  const inBulk: Run = (work) => bulk.run(work, { limitMs: LIMIT_MS.page });

  return {
    engine: 'postgres',
    loadSeries: (after = 0) => loadSeries(inBulk, after),
    ensureSeries: (identities: readonly SeriesIdentity[]): Promise<StoredSeries[]> =>
      writing((sql) => ensureSeries(sql, identities)),
    async touchSeries(seen) {
      const inOrder = [...seen].sort((a, b) => a.id - b.id);
      for (let i = 0; i < inOrder.length; i += BATCH)
        await writing((sql) => touchSeries(sql, inOrder.slice(i, i + BATCH)));
    },
    append: (rows: SampleRows) =>
      write.run((sql) =>
        again(
          () => huge.note(sql, rows).then(() => append(sql, rows)),
          () => ensurePartitions(sql, 'raw', rows.timestamps),
        ),
      ),
    async readPoints(question, options) {
      const reading = { ...options, isHeavy: isHeavy(question) };
      const answers: StoreAnswer[] = [];
      // One after the other: others have their turn in between.
      for (const slice of await cut(question))
        answers.push(await read.run((sql) => readPoints(sql, slice, counters), reading));
      return joinAnswers(answers);
    },
    // Asked where the points are read: a replica that lags behind does so with both.
    readClosed: (metricId, options) => read.run((sql) => readClosed(sql, metricId), options),
    readSamples: (range) => readAllSamples(inBulk, range),
    readLast: (question) => bulk.run((sql) => readLast(sql, question, counters), { limitMs: LIMIT_MS.read }),
    maintain(now, signal = closing.signal) {
      const stopped = () => signal.aborted || closing.signal.aborted;
      return bulk.run((sql) => maintain(sql, now, retention, stopped));
    },
    ping: (what) => pools.ping(what),
    get calls() {
      return pools.figures;
    },
    async close() {
      closing.abort();
      await pools.close();
    },
  };
}

async function* readAllSamples(run: Run<ISql>, range: Parameters<Store['readSamples']>[0]) {
  const stretches = await run((sql) => listPartitions(sql, 'raw'));
  yield* readSamples(run, range, { stretches, pageRows: PAGE_ROWS });
}
