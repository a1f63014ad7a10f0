import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE, SECOND } from '../../model/time/duration';
import {
  allSamples,
  type Bench,
  type EngineUnderTest,
  inOrder,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = Date.UTC(2026, 10, 20, 12);

export function appendCases(engine: EngineUnderTest): void {
  describe('samples', () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await setUp(engine, { RETENTION_RAW: 'forever' });
    });
    afterAll(() => bench.close());

    it('come back as they went in, to the last bit', async () => {
      const { ids } = await makeSeries(bench.store, 'exact', 2);
      const values = [
        0.1 + 0.2,
        -1e-300,
        Number.MIN_VALUE,
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        2 ** 53 + 2,
        0,
        1 / 3,
      ];
      const sent = ids.flatMap((id) => values.map((value, i): Triple => [id, T + i * 7 + 1, value]));
      expect(await bench.store.samples.append(rowsOf(sent))).toEqual([]);
      expect(await allSamples(bench.store, { seriesIds: ids })).toEqual(inOrder(sent));
    });

    it('that are there already are named by position, and keep their first value', async () => {
      const { ids } = await makeSeries(bench.store, 'repeated', 2);
      const first = range(10).map((i): Triple => [ids[i % 2], T + i * SECOND, i]);
      expect(await bench.store.samples.append(rowsOf(first))).toEqual([]);
      const second = range(20).map((i): Triple => [ids[i % 2], T + i * SECOND, -i]);
      expect(await bench.store.samples.append(rowsOf(second))).toEqual(range(10));
      expect(await bench.store.samples.append(rowsOf(second))).toEqual(range(20));
      expect(await allSamples(bench.store, { seriesIds: ids })).toEqual(
        inOrder([...first, ...second.slice(10)]),
      );
    });

    it('may be none at all', async () => {
      expect(await bench.store.samples.append(rowsOf([]))).toEqual([]);
    });

    it('of any time find or get their place, also when several servers need it at once', async () => {
      const { ids } = await makeSeries(bench.store, 'any_time', 4);
      const servers = [bench.store, await bench.another(), await bench.another(), await bench.another()];
      const days = [-4_000, -400, -40, -2, -1, 0, 1];
      const sent = servers.map((_, i) => days.map((day): Triple => [ids[i], T + day * DAY, day]));
      const answers = await Promise.all(servers.map((store, i) => store.samples.append(rowsOf(sent[i]))));
      expect(answers).toEqual([[], [], [], []]);
      expect(await allSamples(bench.store, { seriesIds: ids })).toEqual(inOrder(sent.flat()));
    });

    it('sent by several servers at once are stored once, and new to exactly one of them', async () => {
      const { ids } = await makeSeries(bench.store, 'contested', 5);
      const servers = [bench.store, await bench.another(), await bench.another()];
      for (const round of range(5)) {
        const sent = inOrder(range(2_000).map((i): Triple => [ids[i % 5], T + round * MINUTE + i, i]));
        const answers = await Promise.all(servers.map((store) => store.samples.append(rowsOf(sent))));
        const isNew = answers.map((duplicates) => {
          const old = new Set(duplicates);
          return sent.map((_, position) => !old.has(position));
        });
        expect(sent.every((_, position) => isNew.filter((news) => news[position]).length === 1)).toBe(true);
      }
      expect(await allSamples(bench.store, { seriesIds: ids })).toHaveLength(10_000);
    });

    it('are read by range and by series, in pages that are in order', async () => {
      const { ids } = await makeSeries(bench.store, 'paged', 10);
      const start = T + 300 * DAY;
      const sent = range(50_000).map((i): Triple => [ids[i % 10], start + Math.floor(i / 10), i]);
      for (let i = 0; i < sent.length; i += 10_000)
        await bench.store.samples.append(rowsOf(inOrder(sent.slice(i, i + 10_000))));

      let read = 0;
      for await (const { seriesIds, timestamps } of bench.store.samples.readSamples({
        start,
        end: start + DAY,
      })) {
        read += seriesIds.length;
        const ordered = seriesIds.every(
          (id, i) =>
            i === 0 ||
            timestamps[i - 1] < timestamps[i] ||
            (timestamps[i - 1] === timestamps[i] && seriesIds[i - 1] < id),
        );
        expect(ordered).toBe(true);
      }
      expect(read).toBe(50_000);

      const some = { start: start + 10, end: start + 20, seriesIds: [ids[3], ids[7]] };
      const expected = sent.filter(
        ([id, t]) => some.seriesIds.includes(id) && t >= some.start && t < some.end,
      );
      expect(await allSamples(bench.store, some)).toEqual(inOrder(expected));
      expect(await allSamples(bench.store, { ...some, seriesIds: [] })).toEqual([]);
    });

    it('may stop being read half-way', async () => {
      for await (const page of bench.store.samples.readSamples({ start: 0, end: Number.MAX_SAFE_INTEGER })) {
        expect(page.seriesIds.length).toBeGreaterThan(0);
        break;
      }
      await bench.store.database.ping('write');
    });
  });
}
