import type { Retention } from '../../model/rollup/tiers';
import { createCatalogue } from '../catalogue/catalogue';
import type { Pools } from '../pools';
import { createColumnReader } from '../sql/read-columns';
import type { Store } from '../store';
import { maintain } from './maintain';
import { listPartitions } from './partitions';
import { createSampleStore } from './samples';

/** The engine for any PostgreSQL: range partitions, and rollup tables that `maintain` keeps. */
export function createPostgresStore(pools: Pools, retention: Retention): Store {
  const { lanes } = pools;
  const closing = new AbortController();
  return {
    samples: createSampleStore(lanes),
    columns: createColumnReader(lanes, {
      byMetric: false,
      listStretches: (sql) => listPartitions(sql, 'raw'),
    }),
    catalogue: createCatalogue(lanes),
    upkeep: {
      maintain(now, signal = closing.signal) {
        const stopped = () => signal.aborted || closing.signal.aborted;
        return lanes.bulk.run((sql) => maintain(sql, now, retention, stopped));
      },
    },
    database: {
      engine: 'postgres',
      ping: (what) => pools.ping(what),
      get calls() {
        return pools.figures;
      },
      async close() {
        closing.abort();
        await pools.close();
      },
    },
  };
}
