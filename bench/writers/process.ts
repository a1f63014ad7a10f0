import { parseEnv } from '../../lib/env';
import type { SampleRows } from '../../lib/model/samples';
import { openStore } from '../../lib/store/open';
import { range } from '../support/median';
import { BATCH, IN_FLIGHT, SERIES, type WriterOptions } from './writer';

const SERIES_OF_HOST = 10;

const { url, start, index, of, dealt }: WriterOptions = JSON.parse(process.argv[2]);
const { store, close } = await openStore(
  parseEnv({ DATABASE_URL: url, STORE_ENGINE: 'timescale' }),
  () => {},
);

process.on('message', async (turn: number) => {
  const batches = batchesOf(turn);
  const count = batches.reduce((sum, { seriesIds }) => sum + seriesIds.length, 0);
  const appends = range(IN_FLIGHT).map(async () => {
    for (let rows = batches.shift(); rows; rows = batches.shift()) {
      const duplicates = await store.samples.append(rows);
      if (duplicates.length > 0) throw new Error(`${duplicates.length} samples were there already`);
    }
  });
  await Promise.all(appends);
  process.send?.(count);
});
process.on('disconnect', () => void close());
process.send?.('ready');

/** By series, as the commit queue sends them. */
function batchesOf(turn: number): SampleRows[] {
  const isMine = (host: number) => (host + (dealt ? turn : 0)) % of === index;
  const mine = range(SERIES).filter((i) => isMine(Math.floor(i / SERIES_OF_HOST)));
  return range(Math.ceil(mine.length / BATCH)).map((n) => {
    const some = mine.slice(n * BATCH, (n + 1) * BATCH);
    return {
      seriesIds: some.map((i) => i + 1),
      timestamps: some.map(() => start + turn),
      values: some.map((i) => ((i + turn) % 997) / 8),
    };
  });
}
