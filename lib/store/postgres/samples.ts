import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Lanes } from '../pools';
import { withRetries } from '../retry';
import { HugeMetrics } from '../sql/huge-metrics';
import { readSamples } from '../sql/read-samples';
import { createSampleReads } from '../sql/sample-reads';
import type { SampleStore } from '../store';
import { append } from './append';
import { ensurePartitions, listPartitions } from './partitions';

const PAGE_ROWS = 20_000;

/** Samples in range partitions, with an index by series and time. */
export function createSampleStore(lanes: Lanes): SampleStore {
  const { write, bulk } = lanes;
  const huge = new HugeMetrics();
  const inBulk: Run = (work) => bulk.run(work, { limitMs: LIMIT_MS.page });
  return {
    ...createSampleReads(lanes, { counters: 'stored' }),
    append: (rows) =>
      write.run((sql) =>
        withRetries(
          () => huge.note(sql, rows).then(() => append(sql, rows)),
          () => ensurePartitions(sql, 'raw', rows.timestamps),
        ),
      ),
    async *readSamples(range) {
      const stretches = await inBulk((sql) => listPartitions(sql, 'raw'));
      yield* readSamples(inBulk, range, { stretches, pageRows: PAGE_ROWS });
    },
  };
}
