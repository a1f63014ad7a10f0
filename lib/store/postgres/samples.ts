import type { Lanes } from '../pools';
import { withRetries } from '../retry';
import { HugeMetrics } from '../sql/huge-metrics';
import { createSampleReads } from '../sql/sample-reads';
import type { SampleStore } from '../store';
import { append } from './append';
import { ensurePartitions, listPartitions } from './partitions';

const PAGE_ROWS = 20_000;

/** Samples in range partitions, with an index by series and time. */
export function createSampleStore(lanes: Lanes): SampleStore {
  const huge = new HugeMetrics();
  return {
    ...createSampleReads(lanes, {
      counters: 'stored',
      listStretches: (sql) => listPartitions(sql, 'raw'),
      pageRows: PAGE_ROWS,
    }),
    append: (rows) =>
      lanes.write.run((sql) =>
        withRetries(
          () => huge.note(sql, rows).then(() => append(sql, rows)),
          () => ensurePartitions(sql, 'raw', rows.timestamps),
        ),
      ),
  };
}
