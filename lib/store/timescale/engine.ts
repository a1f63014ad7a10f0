import type { Retention } from '../../model/rollup/tiers';
import { MINUTE } from '../../model/time/duration';
import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Pools } from '../pools';
import { createPostgresStore } from '../postgres/engine';
import { readsSamples } from '../sql/cost';
import { readSamples } from '../sql/read-samples';
import { slicesOf } from '../sql/slices';
import type { Store, StoreQuestion } from '../store';
import { Appender } from './appender';
import { ChunkStarts } from './chunk-starts';
import { listChunks } from './chunks';
import type { TimescaleFeatures } from './detect';
import { maintain } from './maintain';
import { MetricIds } from './metric-ids';
import { setRetention } from './policies';

/** A chunk in order is unpacked whole for every page. */
const PAGE_ROWS = 200_000;

/**
 * Chunks that one statement meets. Planning takes longer than their number: 0.03 s of a core for 168, 0.25 s for 1,000,
 * 6 s for 4,800, while reading a month of one series in them takes a tenth of a second.
 */
const MOST_CHUNKS = 400;
/** Shorter ranges have no more chunks than that. */
const LONG_MS = MOST_CHUNKS * 15 * MINUTE;

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
  const chunkStarts = new ChunkStarts((work) => pools.read.run(work));
  const cut = async (question: StoreQuestion) =>
    readsSamples(question) && question.end - question.start >= LONG_MS
      ? slicesOf(question, await chunkStarts.list(), MOST_CHUNKS)
      : [question];
  // Continuous aggregates cannot look from one row to the one before it.
  const shared = createPostgresStore(pools, retention, { counters: 'stitched', cut });
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
    get calls() {
      return shared.calls;
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
