import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import type { ColumnQuestion, ReadOptions } from '../store';
import {
  type Bench,
  type EngineUnderTest,
  inOrder,
  maintainAll,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const T = Date.UTC(2026, 10, 20, 12);

export function columnsCases(engine: EngineUnderTest): void {
  describe('columns of samples', () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await setUp(engine, { RETENTION_RAW: 'forever' });
    });
    afterAll(() => bench.close());

    /** All samples, in order; on the way, that each page is as promised. */
    async function read(question: ColumnQuestion, options?: ReadOptions): Promise<Triple[]> {
      const found: Triple[] = [];
      const newest = new Map<number, number>();
      for await (const page of bench.store.columns.readColumns(question, options)) {
        expect(new Set(page.map(({ seriesId }) => seriesId)).size).toBe(page.length);
        for (const { seriesId, timestamps, values } of page) {
          expect(values.length).toBe(timestamps.length);
          expect(values.length).toBeGreaterThan(0);
          for (const [i, timestamp] of timestamps.entries()) {
            expect(timestamp).toBeGreaterThan(newest.get(seriesId) ?? Number.NEGATIVE_INFINITY);
            newest.set(seriesId, timestamp);
            found.push([seriesId, timestamp, values[i]]);
          }
        }
      }
      return inOrder(found);
    }

    const everything = { start: 0, end: Date.UTC(2100, 0), most: 1_000_000 };

    it('hold samples to the last bit, of the series and the range that are asked for', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_exact', 3);
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
      await bench.store.samples.append(rowsOf(sent));
      const seriesIds = [ids[2], ids[0]];
      const ofThese = sent.filter(([id]) => seriesIds.includes(id));
      expect(await read({ ...everything, metricId, seriesIds })).toEqual(inOrder(ofThese));
      const [start, end] = [T + 8, T + 22];
      expect(await read({ ...everything, metricId, seriesIds, start, end })).toEqual(
        inOrder(ofThese.filter(([, t]) => t >= start && t < end)),
      );
      expect(await read({ ...everything, metricId, seriesIds: [] })).toEqual([]);
      expect(await read({ ...everything, metricId, seriesIds, start, end: start })).toEqual([]);
    });

    it('span pauses of years, come late, and survive upkeep', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_late', 2);
      const sent = ids.flatMap((id) =>
        [-4_000, -40, -2, -1, 0].flatMap((day) =>
          range(50).map((i): Triple => [id, T + day * DAY + i * MINUTE, day * 100 + i]),
        ),
      );
      await bench.store.samples.append(rowsOf(inOrder(sent)));
      await maintainAll(bench.store, T + DAY);
      const late = ids.map((id): Triple => [id, T - 40 * DAY + 30 * SECOND, 0.5]);
      await bench.store.samples.append(rowsOf(late));
      expect(await read({ ...everything, metricId, seriesIds: ids })).toEqual(inOrder([...sent, ...late]));
    });

    it('come in pages, however dense samples are', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_pages', 10);
      const start = T + 300 * DAY;
      const sent = range(60_000).map((i): Triple => [ids[i % 10], start + Math.floor(i / 10) * 3, i]);
      for (let i = 0; i < sent.length; i += 10_000)
        await bench.store.samples.append(rowsOf(inOrder(sent.slice(i, i + 10_000))));
      const question = { metricId, seriesIds: ids, start: start - HOUR, end: start + HOUR, most: 1_000_000 };
      expect(await read(question)).toEqual(inOrder(sent));
    });

    it('end soon after there are more than may be', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_most', 2);
      const sent = range(2_000).map((i): Triple => [ids[i % 2], T + i * SECOND, i]);
      await bench.store.samples.append(rowsOf(inOrder(sent)));
      const found = await read({ ...everything, metricId, seriesIds: ids, most: 100 });
      expect(found.length).toBeGreaterThan(100);
      expect(found.length).toBeLessThan(300);
    });

    it('are not read for whoever has gone', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_gone', 1);
      await bench.store.samples.append(rowsOf([[ids[0], T, 1]]));
      const question = { ...everything, metricId, seriesIds: ids };
      const gone = read(question, { signal: AbortSignal.abort() });
      await expect(gone).rejects.toMatchObject({ code: 'client_closed' });
      expect(await read(question)).toHaveLength(1);
    });

    it('are given up, and cancelled on the server, when their time is over', async () => {
      const { metricId, ids } = await makeSeries(bench.store, 'column_late_answer', 1);
      await bench.store.samples.append(rowsOf([[ids[0], T, 1]]));
      const question = { ...everything, metricId, seriesIds: ids };
      const waiting = () => bench.sql`
        select from pg_stat_activity where datname = current_database() and query like '%float8send%'
          and state = 'active' and pid <> pg_backend_pid()`;
      await bench.sql.begin(async (tx) => {
        await tx`lock table samples in access exclusive mode`;
        const late = read(question, { dueAt: performance.now() + 500 });
        await expect(late).rejects.toMatchObject({ code: expect.stringMatching(/^too_/) });
        await vi.waitFor(async () => expect(await waiting()).toHaveLength(0), 10_000);
      });
      expect(await read(question)).toHaveLength(1);
    });
  });
}
