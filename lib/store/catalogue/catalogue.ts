import type { StoredSeries } from '../../model/series';
import type { Run } from '../lane';
import { LIMIT_MS } from '../limits';
import type { Lanes } from '../pools';
import { withRetries } from '../retry';
import type { SeriesCatalogue } from '../store';
import { ensureSeries } from './ensure-series';
import { loadSeries } from './load-series';
import { touchSeries } from './touch-series';

/** Entries written at once. */
const BATCH = 10_000;

/** The catalogue, which is the same for every engine. `onSeries` is called with all series that it returns. */
export function createCatalogue(
  { write, bulk }: Pick<Lanes, 'write' | 'bulk'>,
  onSeries: (series: readonly StoredSeries[]) => void = () => {},
): SeriesCatalogue {
  const writing: Run = (work) => write.run((sql) => withRetries(() => work(sql)));
  const inBulk: Run = (work) => bulk.run(work, { limitMs: LIMIT_MS.page });
  return {
    async *load(after = 0) {
      for await (const page of loadSeries(inBulk, after)) {
        onSeries(page);
        yield page;
      }
    },
    async ensure(identities) {
      const stored = await writing((sql) => ensureSeries(sql, identities));
      onSeries(stored);
      return stored;
    },
    async touch(seen) {
      const inOrder = [...seen].sort((a, b) => a.id - b.id);
      for (let i = 0; i < inOrder.length; i += BATCH)
        await writing((sql) => touchSeries(sql, inOrder.slice(i, i + BATCH)));
    },
  };
}
