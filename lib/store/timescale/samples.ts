import { MINUTE } from '../../model/time/duration';
import type { Lanes } from '../pools';
import { readsSamples } from '../sql/cost';
import { createSampleReads } from '../sql/sample-reads';
import { slicesOf } from '../sql/slices';
import type { SampleStore, StoreQuestion } from '../store';
import type { Appender } from './appender';
import { ChunkStarts } from './chunk-starts';
import { listChunks } from './chunks';

/** A chunk in order is unpacked whole for every page. */
const PAGE_ROWS = 200_000;

/**
 * Chunks that one statement meets. Planning takes longer than their number: 0.03 s of a core for 168, 0.25 s for 1,000,
 * 6 s for 4,800, while reading a month of one series in them takes a tenth of a second.
 */
const MOST_CHUNKS = 400;
/** Shorter ranges have no more chunks than that. */
const LONG_MS = MOST_CHUNKS * 15 * MINUTE;

/** Samples in a hypertable, in the columnstore. */
export function createSampleStore(lanes: Lanes, appender: Appender): SampleStore {
  const chunkStarts = new ChunkStarts((work) => lanes.read.run(work));
  const cut = async (question: StoreQuestion) =>
    readsSamples(question) && question.end - question.start >= LONG_MS
      ? slicesOf(question, await chunkStarts.list(), MOST_CHUNKS)
      : [question];
  return {
    // Continuous aggregates cannot look from one row to the one before it.
    ...createSampleReads(lanes, {
      counters: 'stitched',
      cut,
      listStretches: listChunks,
      pageRows: PAGE_ROWS,
    }),
    append: (rows) => appender.append(rows),
  };
}
