import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dataDir, kill, killTree, postmasterPid, startWriter } from '@/test/support/embedded';
import { parseEnv } from '../env';
import { DAY } from '../model';
import { openStore } from './open';

/** More of them with `DURABILITY_ROUNDS=20`. */
const ROUNDS = Number(process.env.DURABILITY_ROUNDS ?? 5);

it(
  `keeps every acknowledged sample, once, through ${ROUNDS} times kill -9 of the server and the database`,
  async () => {
    const dir = dataDir('pulseboard-durability');
    const acknowledged = new Set<number>();
    let highest = 0;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const writer = await startWriter(dir.path, highest + 1);
        await sleep(300 + ((round * 271) % 900));
        // One kill right after the other, in either order.
        const victims = [() => kill(writer.child.pid!), () => killTree(postmasterPid(writer.folder))];
        for (const strike of round % 2 ? victims : victims.toReversed()) strike();
        await writer.ended;
        for (const number of writer.acknowledged) {
          acknowledged.add(number);
          highest = Math.max(highest, number);
        }
        // Beyond what was under way when the kill came.
        highest += 10_000;

        await expectAll(dir.path, acknowledged);
      }
      expect(acknowledged.size).toBeGreaterThan(ROUNDS * 200);
    } finally {
      await dir.remove();
    }
  },
  60_000 + ROUNDS * 30_000,
);

/** Samples that were on their way may be there or not; acknowledged ones are, and the rollups count what is. */
async function expectAll(path: string, acknowledged: ReadonlySet<number>): Promise<void> {
  const { store, close } = await openStore(parseEnv({ DATA_DIR: path, RETENTION_RAW: 'forever' }), () => {});
  try {
    const stored: number[] = [];
    let seriesId = 0;
    for await (const { seriesIds, values } of store.readSamples({ start: 0, end: Number.MAX_SAFE_INTEGER })) {
      seriesId = seriesIds[0];
      for (const value of values) stored.push(value);
    }
    const numbers = new Set(stored);
    expect(numbers.size).toBe(stored.length);
    expect([...acknowledged].filter((number) => !numbers.has(number))).toEqual([]);

    const start = Date.UTC(2026, 10, 20);
    for (let check = 0; check < 2; check++) {
      const question = {
        metricId: 1,
        groups: [[seriesId]],
        wholeMetric: true,
        aggregates: ['count', 'sum'] as const,
      };
      const { groups } = await store.readPoints({ ...question, start, end: start + 10 * DAY, step: DAY });
      const [count, sum] = [1, 2].map((column) =>
        groups[0].reduce((total, point) => total + point[column], 0),
      );
      expect(count).toBe(stored.length);
      expect(sum).toBeCloseTo(
        stored.reduce((total, value) => total + value, 0),
        -3,
      );
      await store.maintain(start + 20 * DAY);
    }
  } finally {
    await close();
  }
}
