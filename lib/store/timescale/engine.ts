import type { Retention } from '../../rollup/steps';
import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Pools } from '../pools';
import { createPostgresStore } from '../postgres/engine';
import { readSamples } from '../postgres/read-samples';
import type { Store } from '../store';
import { Appender } from './appender';
import { listChunks } from './chunks';
import type { TimescaleFeatures } from './detect';
import { maintain } from './maintain';
import { MetricIds } from './metric-ids';
import { setRetention } from './policies';

/** A chunk in order is unpacked whole for every page. */
const PAGE_ROWS = 200_000;

/**
 * The engine for TimescaleDB's community edition. What lies where differs from the `postgres` engine, and with it
 * how samples are appended and rollups are made; the relations have the same names and columns, so the catalogue
 * and all reading are the same.
 */
export async function createTimescaleStore(
  pools: Pools,
  retention: Retention,
  features: TimescaleFeatures,
): Promise<Store> {
  const { write, bulk, upkeep } = pools;
  const inBulk: Run = (work) => bulk.run(work, { limitMs: LIMIT_MS.page });
  // Continuous aggregates cannot look from one row to the one before it.
  const shared = createPostgresStore(pools, retention, 'stitched');
  const metricIds = new MetricIds();
  const appender = new Appender({ write, bulk, metricIds, canPack: features.directCompress });
  const closing = new AbortController();

  await bulk.run((sql) => setRetention(sql, retention), { limitMs: LIMIT_MS.write });
  await appender.claim();

  return {
    ...shared,
    engine: 'timescale',
    async *loadSeries(after) {
      for await (const page of shared.loadSeries(after)) {
        metricIds.note(page);
        yield page;
      }
    },
    async ensureSeries(identities) {
      const stored = await shared.ensureSeries(identities);
      metricIds.note(stored);
      return stored;
    },
    async *readSamples(range) {
      const stretches = await inBulk(listChunks);
      yield* readSamples(inBulk, range, { stretches, pageRows: PAGE_ROWS });
    },
    append: (rows) => appender.append(rows),
    maintain(now, signal = closing.signal) {
      const stopped = () => signal.aborted || closing.signal.aborted;
      const options = { retention, features, stopped };
      return upkeep.run((sql) => maintain(sql, now, options));
    },
    async close() {
      closing.abort();
      await appender.close();
      await shared.close();
    },
  };
}
