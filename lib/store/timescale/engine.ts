import type { Retention } from '../../model/rollup/tiers';
import { createCatalogue } from '../catalogue/catalogue';
import { LIMIT_MS } from '../limits';
import type { Pools } from '../pools';
import { createColumnReader } from '../sql/read-columns';
import type { Store } from '../store';
import { Appender } from './appender';
import { listChunks } from './chunks';
import type { TimescaleFeatures } from './detect';
import { maintain } from './maintain';
import { MetricIds } from './metric-ids';
import { setRetention } from './policies';
import { createSampleStore } from './samples';

/**
 * The engine for TimescaleDB's community edition. What lies where differs from the `postgres` engine, and with it
 * how samples are appended and rollups are made; the relations have the same names and columns, so the catalogue
 * and most reading are the same.
 */
export async function createTimescaleStore(
  pools: Pools,
  retention: Retention,
  features: TimescaleFeatures,
): Promise<Store> {
  const { lanes } = pools;
  const { write, bulk, upkeep } = lanes;
  const metricIds = new MetricIds();
  const appender = new Appender({ write, bulk, metricIds, canPack: features.directCompress });
  const closing = new AbortController();

  await bulk.run((sql) => setRetention(sql, retention), { limitMs: LIMIT_MS.write });
  await appender.open();

  return {
    samples: createSampleStore(lanes, appender),
    columns: createColumnReader(lanes, { byMetric: true, listStretches: listChunks }),
    catalogue: createCatalogue(lanes, (series) => metricIds.note(series)),
    upkeep: {
      maintain(now, signal = closing.signal) {
        const stopped = () => signal.aborted || closing.signal.aborted;
        const options = { retention, features, stopped };
        return upkeep.run((sql) => maintain(sql, now, options));
      },
    },
    database: {
      engine: 'timescale',
      ping: (what) => pools.ping(what),
      get calls() {
        return pools.figures;
      },
      async close() {
        closing.abort();
        await appender.close();
        await pools.close();
      },
    },
  };
}
