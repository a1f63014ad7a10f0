import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { kill, killTree, startWriter } from '@/test/support/embedded';
import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { startTimescaleServer } from '@/test/support/timescale-server';
import { parseEnv } from '../../env';
import { DAY } from '../../model';
import type { Binaries } from '../cluster/binaries';
import { openStore } from '../open';

/** More of them with `DURABILITY_ROUNDS=20`. */
const ROUNDS = Number(process.env.DURABILITY_ROUNDS ?? 4);
const START = Date.UTC(2026, 10, 20);

it(
  `keeps every acknowledged sample, once, through ${ROUNDS} times kill -9 of the server and the database`,
  async () => {
    const server = await startTimescaleServer(findTimescaleBinaries() as Binaries);
    const acknowledged = new Set<number>();
    let highest = 0;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const writer = await startWriter(server.url, highest + 1);
        await sleep(600 + ((round * 271) % 900));
        const postmaster = await server.pid();
        // One kill right after the other, in either order.
        const victims = [() => kill(writer.child.pid!), () => killTree(postmaster)];
        for (const strike of round % 2 ? victims : victims.toReversed()) strike();
        await writer.ended;
        for (const number of writer.acknowledged) {
          acknowledged.add(number);
          highest = Math.max(highest, number);
        }
        // Beyond what was under way when the kill came.
        highest += 10_000;
        await server.restart();
        await expectAll(server.url, acknowledged);
      }
      expect(acknowledged.size).toBeGreaterThan(ROUNDS * 200);
    } finally {
      await server.close();
    }
  },
  60_000 + ROUNDS * 60_000,
);

/** Samples that were on their way may be there or not; acknowledged ones are, and the rollups count what is. */
async function expectAll(url: string, acknowledged: ReadonlySet<number>): Promise<void> {
  const { store, close } = await openStore(
    parseEnv({ DATABASE_URL: url, RETENTION_RAW: 'forever' }),
    () => {},
  );
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
    for (let check = 0; check < 2; check++) {
      const { groups } = await store.readPoints({
        metricId: 1,
        groups: [[seriesId]],
        wholeMetric: true,
        aggregates: ['count'],
        start: START,
        end: START + 10 * DAY,
        step: DAY,
      });
      expect(groups[0].reduce((total, [, count]) => total + count, 0)).toBe(stored.length);
      await store.maintain(START + 20 * DAY);
    }
  } finally {
    await close();
  }
}
