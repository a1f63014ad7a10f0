import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { kill, killTree, placeSettings, startWriter, type Writer } from '@/test/support/embedded';
import { until } from '@/test/support/processes';
import { parseEnv } from '../../env';
import { DAY } from '../../model/time/duration';
import { openStore } from '../open';

/** A database that is about to be killed again and again. */
export interface Victim {
  /** Its data folder or its URL. */
  place: string;
  /** The process id of the postmaster that runs now, for this writer. */
  postmaster(writer: Writer): number | Promise<number>;
  /** Absent where opening the store brings it back. */
  restart?(): Promise<void>;
  close(): Promise<void>;
}

const START = Date.UTC(2026, 10, 20);

/** A server that writes and its database die together, over and over; more of it with `DURABILITY_ROUNDS=20`. */
export function durabilityCase(startVictim: () => Promise<Victim>): void {
  const rounds = Number(process.env.DURABILITY_ROUNDS ?? 4);

  it(
    `keeps every acknowledged sample, once, through ${rounds} times kill -9 of the server and the database`,
    async () => {
      const victim = await startVictim();
      const acknowledged = new Set<number>();
      let highest = 0;
      try {
        for (let round = 0; round < rounds; round++) {
          const writer = await startWriter(victim.place, highest + 1);
          await until(() => expect(writer.acknowledged.size).toBeGreaterThan(200));
          await sleep((round * 271) % 900);
          const postmaster = await victim.postmaster(writer);
          // One kill right after the other, in either order.
          const strikes = [() => kill(writer.child.pid!), () => killTree(postmaster)];
          for (const strike of round % 2 ? strikes : strikes.toReversed()) strike();
          await writer.ended;
          for (const number of writer.acknowledged) {
            acknowledged.add(number);
            highest = Math.max(highest, number);
          }
          // Beyond what was under way when the kill came.
          highest += 10_000;
          await victim.restart?.();
          await expectAll(victim.place, acknowledged);
        }
        expect(acknowledged.size).toBeGreaterThan(rounds * 200);
      } finally {
        await victim.close();
      }
    },
    60_000 + rounds * 60_000,
  );
}

/** Samples that were on their way may be there or not; acknowledged ones are, and the rollups count what is. */
async function expectAll(place: string, acknowledged: ReadonlySet<number>): Promise<void> {
  const settings = parseEnv({ ...placeSettings(place), RETENTION_RAW: 'forever' });
  const { store, close } = await openStore(settings, () => {});
  try {
    const stored: number[] = [];
    let seriesId = 0;
    for await (const { seriesIds, values } of store.samples.readSamples({
      start: 0,
      end: Number.MAX_SAFE_INTEGER,
    })) {
      seriesId = seriesIds[0];
      for (const value of values) stored.push(value);
    }
    const numbers = new Set(stored);
    expect(numbers.size).toBe(stored.length);
    expect([...acknowledged].filter((number) => !numbers.has(number))).toEqual([]);

    for (let check = 0; check < 2; check++) {
      const { groups } = await store.samples.readPoints({
        metricId: 1,
        groups: [[seriesId]],
        wholeMetric: true,
        aggregates: ['count', 'sum'],
        start: START,
        end: START + 10 * DAY,
        step: DAY,
      });
      const [count, sum] = [1, 2].map((column) =>
        groups[0].reduce((total, point) => total + point[column]!, 0),
      );
      expect(count).toBe(stored.length);
      expect(sum).toBeCloseTo(
        stored.reduce((total, value) => total + value, 0),
        -3,
      );
      await store.upkeep.maintain(START + 20 * DAY);
    }
  } finally {
    await close();
  }
}
