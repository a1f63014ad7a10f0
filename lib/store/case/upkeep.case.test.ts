import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectSamePoints } from '@/test/support/expect-points';
import { naivePoints } from '@/test/support/naive';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import {
  allSamples,
  type Bench,
  type EngineUnderTest,
  inOrder,
  maintainAll,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = Date.UTC(2026, 10, 20);
const AGGREGATES = ['count', 'sum', 'min', 'max', 'last', 'increase'] as const;

export function upkeepCases(engine: EngineUnderTest): void {
  describe('upkeep', () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await setUp(engine, { RETENTION_RAW: 'forever' });
    });
    afterEach(() => bench.close());

    /** The store's answer at every step against the plain model over these samples. */
    async function expectTruth(
      series: { metricId: number; ids: number[] },
      samples: readonly Triple[],
      start: number,
      end: number,
    ) {
      const truth = series.ids.map((id) =>
        inOrder(samples.filter(([seriesId]) => seriesId === id)).map(([, t, value]) => [t, value] as const),
      );
      for (const step of [MINUTE, HOUR, DAY]) {
        const question = {
          aggregates: AGGREGATES,
          start: Math.floor(start / step) * step,
          end: Math.ceil(end / step) * step,
          step,
        };
        expectSamePoints(await pointsOf(bench.store, series, question), naivePoints(truth, question));
      }
    }

    it('is done by one server at a time, and by none twice', async () => {
      const servers = [bench.store, await bench.another(), await bench.another()];
      const series = await makeSeries(bench.store, 'together', 3);
      const samples = range(6 * 60).flatMap((i) =>
        series.ids.map((id): Triple => [id, T + i * MINUTE, i * id]),
      );
      for (let i = 0; i < samples.length; i += 50)
        await bench.store.samples.append(rowsOf(samples.slice(i, i + 50)));
      for (const round of range(8)) {
        const reports = await Promise.all(servers.map((store) => store.upkeep.maintain(T + round * HOUR)));
        expect(reports.some(({ worked }) => worked)).toBe(true);
        await expectTruth(series, samples, T, T + 6 * HOUR);
      }
      expect((await bench.store.upkeep.maintain(T + 8 * HOUR)).rolledUpTo).toBeGreaterThan(T + 7 * HOUR);
    });

    it('recomputes no more than what late samples have touched', async () => {
      const series = await makeSeries(bench.store, 'frugal', 50);
      const samples = range(120).flatMap((i) => series.ids.map((id): Triple => [id, T + i * MINUTE, i]));
      await bench.store.samples.append(rowsOf(samples));
      await maintainAll(bench.store, T + 2 * DAY);
      const late: Triple[] = [
        [series.ids[7], T + 30 * MINUTE + 5, 1],
        [series.ids[7], T + 30 * MINUTE + 6, 1],
        [series.ids[9], T + 90 * MINUTE + 5, 1],
      ];
      await bench.store.samples.append(rowsOf(late));
      const { rolledUp } = await maintainAll(bench.store, T + 2 * DAY);
      // With them, for an engine that keeps what counters did between rows, the rows that come next.
      expect(rolledUp.minute).toBeLessThanOrEqual(4);
      expect(rolledUp).toMatchObject({ hour: 2, day: 2 });
      expect((await bench.store.upkeep.maintain(T + 2 * DAY)).rolledUp).toEqual({
        minute: 0,
        hour: 0,
        day: 0,
      });
      await expectTruth(series, [...samples, ...late], T, T + 2 * HOUR);
    });

    it('names the closed past anew with each late sample of the metric, and only then', async () => {
      const other = await bench.another();
      const [late, calm] = [
        await makeSeries(bench.store, 'late', 2),
        await makeSeries(bench.store, 'calm', 1),
      ];
      const everyone = [...late.ids, ...calm.ids];
      await bench.store.samples.append(rowsOf(everyone.map((id): Triple => [id, T, 1])));
      await bench.store.upkeep.maintain(T + HOUR);
      const [before, undisturbed] = await Promise.all(
        [late, calm].map(({ metricId }) => bench.store.samples.readClosed(metricId)),
      );
      expect(before.before).toBeGreaterThan(T);
      expect(before.before).toBeLessThanOrEqual(T + HOUR);

      await bench.store.samples.append(rowsOf(everyone.map((id): Triple => [id, before.before, 1])));
      await bench.store.upkeep.maintain(T + HOUR);
      expect(await other.samples.readClosed(late.metricId)).toEqual(before);

      await other.samples.append(rowsOf([[late.ids[1], before.before - 1, 1]]));
      const after = await bench.store.samples.readClosed(late.metricId);
      expect(after.version).not.toBe(before.version);
      await bench.store.upkeep.maintain(T + HOUR);
      expect(await other.samples.readClosed(late.metricId)).toEqual(after);
      expect(await other.samples.readClosed(calm.metricId)).toEqual(undisturbed);

      await Promise.all(
        range(20).map((i) => {
          const ids = i % 2 ? everyone : everyone.toReversed();
          const rows = rowsOf(ids.map((id): Triple => [id, T + i + 1, 1]));
          return (i % 3 ? bench.store : other).samples.append(rows);
        }),
      );
      expect((await other.samples.readClosed(calm.metricId)).version).not.toBe(undisturbed.version);
    });

    it('never lets a reader miss or count twice a sample that was committed before it asked', async () => {
      const servers = [bench.store, await bench.another()];
      const series = await makeSeries(bench.store, 'hammered', 6);
      const all: Triple[] = [];
      let acknowledged = 0;
      let now = T;
      let over = false;

      // Writers send samples of up to three minutes ago, so that sealing and rolling up run into them.
      const writer = async (which: number) => {
        const own = series.ids.filter((_, i) => i % 2 === which);
        const used = new Set<number>();
        for (const round of range(120)) {
          now += 2 * SECOND;
          const batch: Triple[] = [];
          for (const i of range(40)) {
            const t = now - ((round * 7_919 + i * 104_729) % (3 * MINUTE));
            if (used.has(t)) continue;
            used.add(t);
            for (const id of own) batch.push([id, t, (round + i) % 10]);
          }
          expect(await servers[which].samples.append(rowsOf(inOrder(batch)))).toEqual([]);
          all.push(...batch);
          acknowledged += batch.length;
        }
      };
      const maintainer = async (which: number) => {
        // Far ahead of the writers: what they send is late as soon as it arrives.
        while (!over) await servers[which].upkeep.maintain(now + 10 * MINUTE);
      };
      const reader = async () => {
        const question = { aggregates: ['count' as const], start: T - HOUR, end: T + 2 * HOUR };
        let asked = 0;
        while (!over) {
          for (const step of [MINUTE, HOUR]) {
            const before = acknowledged;
            const points = await pointsOf(bench.store, series, { ...question, step });
            const count = points.reduce((sum, [, value]) => sum + value!, 0);
            expect(count).toBeGreaterThanOrEqual(before);
            expect(count).toBeLessThanOrEqual(acknowledged + 2 * 40 * 3);
            asked++;
          }
        }
        return asked;
      };

      const others = [maintainer(0), maintainer(1), reader()];
      await Promise.all([writer(0), writer(1)]);
      over = true;
      const [, , asked] = await Promise.all(others);
      // On a busy machine few times.
      expect(asked).toBeGreaterThan(1);

      await expectTruth(series, all, T - HOUR, T + HOUR);
      await bench.store.upkeep.maintain(now + DAY);
      await expectTruth(series, all, T - HOUR, T + HOUR);
      expect(await allSamples(bench.store)).toEqual(inOrder(all));
    });

    it('never lets a reader miss what moves into a partition that has just come to be', async () => {
      const series = await makeSeries(bench.store, 'moved', 2);
      await bench.store.samples.append(rowsOf([[series.ids[0], T, 1]]));
      await bench.store.upkeep.maintain(T + 400 * DAY);
      let acknowledged = 1;
      let over = false;
      const question = { aggregates: ['count' as const], start: T, end: T + 400 * DAY, step: DAY };
      const reader = async () => {
        let asked = 0;
        while (!over) {
          const before = acknowledged;
          const points = await pointsOf(bench.store, series, question);
          expect(points.reduce((sum, [, value]) => sum + value!, 0)).toBeGreaterThanOrEqual(before);
          asked++;
        }
        return asked;
      };
      const writer = async () => {
        // Late, and each where there are no rollups yet: a month apart, the rows of each need partitions of their own.
        for (const i of range(20)) {
          await bench.store.samples.append(
            rowsOf([[series.ids[i % 2], T + 3 * DAY + (i % 13) * 30 * DAY + i * HOUR, 1]]),
          );
          acknowledged++;
          await bench.store.upkeep.maintain(T + 400 * DAY);
        }
        over = true;
      };
      const [asked] = await Promise.all([reader(), reader(), reader(), writer()]);
      expect(asked).toBeGreaterThan(10);
    });

    it('survives the death of its sessions between and inside any two statements', async () => {
      const series = await makeSeries(bench.store, 'killed', 4);
      const all: Triple[] = [];
      let over = false;
      let killed = 0;
      const startedAt = performance.now();
      await bench.store.upkeep.maintain(T - DAY);
      const roundMs = Math.max(150, performance.now() - startedAt);
      const killer = async () => {
        for (let i = 0; !over; i++) {
          // At moments that wander through the whole of what a round does, and leave every other one its time.
          await sleep(roundMs * (0.1 + ((i * 137) % 370) / 185));
          const rows = await bench.sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and application_name like 'pulseboard%'`;
          killed += rows.length;
        }
      };
      const killing = killer();
      const insist = async <T>(work: () => Promise<T>): Promise<T> => {
        for (let attempt = 0; ; attempt++) {
          try {
            return await work();
          } catch (error) {
            expect(error).toMatchObject({ code: 'database_unavailable' });
            if (attempt > 200) throw error;
            await sleep(5);
          }
        }
      };
      try {
        // As many rounds as it takes for sessions to die often enough, on a quick machine or a busy one.
        for (let round = 0; round < 25 || killed <= 10; round++) {
          const batch = series.ids.flatMap((id) =>
            range(50).map((i): Triple => [id, T + round * 20 * MINUTE - (i % 3) * HOUR + i * 1_009, i % 13]),
          );
          // What may or may not have been stored before the session died is simply sent again.
          await insist(() => bench.store.samples.append(rowsOf(inOrder(batch))));
          all.push(...batch);
          await insist(() => bench.store.upkeep.maintain(T + round * 20 * MINUTE));
        }
      } finally {
        over = true;
        await killing;
      }

      const unique = [...new Map(all.map((row) => [`${row[0]} ${row[1]}`, row])).values()];
      expect(await insist(() => allSamples(bench.store))).toEqual(inOrder(unique));
      await expectTruth(series, unique, T - 3 * HOUR, T + DAY);
      await insist(() => bench.store.upkeep.maintain(T + 3 * DAY));
      await expectTruth(series, unique, T - 3 * HOUR, T + DAY);
    });
  });
}
