import type { SampleRows } from '../../lib/model/samples';
import { HOUR, MINUTE, SECOND } from '../../lib/model/time/duration';
import type { Store } from '../../lib/store/store';
import { median, range } from '../support/median';
import { atLeast, type Row, row, whole } from '../support/report';

const IN_FLIGHT = 2;
const ROUND_MS = 4 * SECOND;
const ROUNDS = 3;
const SERIES = 10_000;
/** Of several rows written beside each other the goal is a ratio, in hundredths. */
const PERCENT = 100;

/** The engines in turn, so that both have the same share of whatever else the machine does. */
export async function measureAppends(postgres: Store, timescale: Store, now: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const store of [postgres, timescale])
    await store.catalogue.ensure(
      range(SERIES).map((i) => ({
        metric: `append_${i % 10}`,
        labels: { host: `host-${Math.floor(i / 10)}` },
      })),
    );
  // Time goes on from one round to the next, as it does.
  let at = now - HOUR;
  for (const batch of [10_000, 2_000]) {
    const rates = new Map<Store, number[]>([
      [postgres, []],
      [timescale, []],
    ]);
    for (const round of range(ROUNDS + 1))
      for (const [store, measured] of rates) {
        const rate = await appendFor(store, at, batch);
        at += MINUTE;
        // The first one fills caches and makes partitions.
        if (round > 0) measured.push(rate);
      }
    const [plain, columns] = [...rates.values()].map(median);
    rows.push(
      row(`appends of ${whole(batch)} rows, ${IN_FLIGHT} in flight, postgres`, `${whole(plain)} rows/s`),
      row('the same, timescale', `${whole(columns)} rows/s`),
      atLeast('the second as a share of the first', (columns / plain) * PERCENT, 2 * PERCENT, '%'),
    );
  }
  return rows;
}

async function appendFor(store: Store, start: number, batch: number): Promise<number> {
  const began = performance.now();
  let next = 0;
  let committed = 0;
  const writer = async () => {
    while (performance.now() - began < ROUND_MS) {
      const rows = rowsFrom(next, batch, start);
      next += batch;
      await store.samples.append(rows);
      committed += batch;
    }
  };
  await Promise.all(range(IN_FLIGHT).map(writer));
  return (committed / (performance.now() - began)) * SECOND;
}

/** Series in turn, a second later after each turn, in the order the commit queue sends: by series. */
function rowsFrom(first: number, count: number, start: number): SampleRows {
  const at = (i: number) => first + i;
  return {
    seriesIds: range(count).map((i) => (at(i) % SERIES) + 1),
    timestamps: range(count).map((i) => start + Math.floor(at(i) / SERIES)),
    values: range(count).map((i) => (at(i) % 997) / 8),
  };
}
