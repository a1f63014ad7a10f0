import type { Retention } from '../../rollup/steps';
import { again } from '../again';
import type { Connection } from '../connection';
import { type Pools, SILENCE_MS, STATEMENT_TIMEOUT_MS } from '../pools';
import { createPostgresStore } from '../postgres/engine';
import { readSamples } from '../postgres/read-samples';
import type { Store } from '../store';
import { answered, translate } from '../trouble';
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
  connection: Connection,
  pools: Pools,
  retention: Retention,
  features: TimescaleFeatures,
): Promise<Store> {
  const { write, bulk } = pools;
  // Continuous aggregates cannot look from one row to the one before it.
  const shared = createPostgresStore(pools, retention, 'stitched');
  const metricIds = new MetricIds();
  const appender = new Appender({ sql: write, bulk, metricIds, canPack: features.directCompress });
  const closing = new AbortController();

  await setRetention(bulk, retention);
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
      try {
        const stretches = await listChunks(bulk);
        yield* readSamples(bulk, range, { stretches, pageRows: PAGE_ROWS });
      } catch (error) {
        throw translate(error, 'write');
      }
    },
    append: (rows) =>
      answered(
        again(() => appender.append(rows)),
        'write',
        STATEMENT_TIMEOUT_MS.write + SILENCE_MS,
      ),
    maintain(now, signal = closing.signal) {
      const stopped = () => signal.aborted || closing.signal.aborted;
      return answered(
        maintain(bulk, now, { connection, retention, features, stopped }),
        'write',
        STATEMENT_TIMEOUT_MS.bulk + SILENCE_MS,
      );
    },
    async close() {
      closing.abort();
      await appender.close();
      await shared.close();
    },
  };
}
