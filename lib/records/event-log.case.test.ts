import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../env';
import { type OpenStore, openStore } from '../store/open';
import type { Engine } from '../store/store';
import { type OnRecords, recordsOn } from './database';
import { type EventLog, type EventsQuestion, openEventLog, SEARCHED_AT_ONCE } from './event-log';
import { FORGOTTEN_AT_ONCE } from './event-room';
import { MOST_PLACES, type NewEvent } from './stored-event';

const ALL: EventsQuestion = {
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  levels: [],
  service: '',
  endpoint: '',
  host: '',
  text: '',
  before: null,
  limit: 100,
};
const PLENTY = { maxBytes: 2 ** 40, maxAgeMs: 1e12 };

function event(ts: number, more: Partial<NewEvent> = {}): NewEvent {
  return {
    id: randomUUID(),
    ts,
    level: 'info',
    service: 's',
    endpoint: null,
    path: null,
    message: 'm',
    duration: null,
    status: null,
    host: null,
    traceId: null,
    fields: null,
    placeKey: '7',
    ...more,
  };
}

/** What is kept of events on every engine, within its bounds. */
export function eventLogCases(engine: Engine, server: string): void {
  describe(`events beside the engine ${engine}`, () => {
    let database: TestDatabase;
    let opened: OpenStore;
    let log: EventLog;
    let on: OnRecords;

    beforeAll(async () => {
      database = await createTestDatabase(server);
      opened = await openStore(parseEnv({ DATABASE_URL: database.url, STORE_ENGINE: engine }), () => {});
      on = recordsOn((work) => opened.events.write.run(work));
      log = openEventLog({ write: on, read: recordsOn((work) => opened.events.read.run(work)) });
    });
    afterAll(async () => {
      await opened?.close();
      await database?.drop();
    });

    it('gives every event of a second and a key a place of its own, the same when it comes again', async () => {
      const second = 1_795_200_000_000;
      const keys = ['7', '-9223372036854775808', '9223372036854775807', null];
      const bodies = Array.from({ length: 8 }, (_, body) =>
        Array.from({ length: 40 }, (_, i) =>
          event(second + ((body * 37 + i) % 1_999), { placeKey: keys[i % 4] }),
        ),
      );
      const stored = await Promise.all(bodies.map((body) => log.store(body)));
      const places = bodies.flatMap((body, b) =>
        body.map(({ ts, placeKey }, i) => [placeKey, Math.floor(ts / 1_000), stored[b][i].place].join()),
      );
      const taken = places.filter((place) => !place.startsWith(','));
      expect(new Set(taken).size).toBe(taken.length);
      expect(stored.flat().every(({ isNew, isRefused }) => isNew && !isRefused)).toBe(true);
      // In another order, together with others, and twice within one transaction.
      const again = await log.store([...bodies[3].toReversed(), event(second), ...bodies[3]]);
      const before = stored[3].map(({ place }) => place);
      expect(again.slice(0, 40).map(({ place }) => place)).toEqual(before.toReversed());
      expect(again.slice(41).map(({ place }) => place)).toEqual(before);
      expect(again.map(({ isNew }) => isNew)).toEqual([
        ...Array(40).fill(false),
        true,
        ...Array(40).fill(false),
      ]);
    });

    it('refuses more than a second has places for, and only those', async () => {
      const ts = 1_795_200_100_000;
      await on((db) =>
        db.execute(sql`insert into event_places values (${ts / 1_000}::bigint, 7, ${MOST_PLACES - 1}::int)`),
      );
      const stored = await log.store([event(ts), event(ts), event(ts, { placeKey: '8' })]);
      expect(stored.map(({ isRefused }) => isRefused)).toEqual([false, true, false]);
      expect((await log.list({ ...ALL, from: ts, to: ts + 1 })).events).toHaveLength(2);
    });

    it('stores and returns what it was given, whatever is in it', async () => {
      const ts = 1_795_200_200_000;
      const odd = event(ts, {
        level: 'fatal',
        service: `it's "quoted" \\ %_ 漢字 🙂`,
        endpoint: '/:id',
        path: '/1',
        message: "'; drop table events; --\n\t",
        duration: Number.MAX_VALUE,
        status: 999,
        host: 'h',
        traceId: 't',
        fields: JSON.stringify({ constructor: 1, deep: { a: [null, 5e-324] } }),
      });
      await log.store([odd]);
      const { events } = await log.list({ ...ALL, from: ts, to: ts + 1 });
      const { id, ts: timestamp, fields, placeKey, ...same } = odd;
      expect(events).toEqual([{ ...same, key: id, timestamp, fields: JSON.parse(fields!) }]);
      expect((await log.list({ ...ALL, from: ts, to: ts + 1, text: '漢字' })).events).toHaveLength(0);
      expect((await log.list({ ...ALL, from: ts, to: ts + 1, text: "'; DROP" })).events).toHaveLength(1);
      expect((await log.list({ ...ALL, from: ts, to: ts + 1, service: odd.service })).events).toHaveLength(1);
    });

    it('searches so many events for a page, and goes on from there', async () => {
      const ts = 1_795_200_300_000;
      const many = SEARCHED_AT_ONCE + 500;
      await on((db) =>
        db.execute(sql`insert into events (segment, id, ts, level, service, message)
          select 0, gen_random_uuid(), ${ts}::bigint + n, 2, case when n = 1 then 'rare' else 's' end, 'm'
          from generate_series(1, ${many}::int) as n`),
      );
      const question = { ...ALL, from: ts, to: ts + 1_000_000, service: 'rare' };
      const first = await log.list(question);
      expect(first).toMatchObject({ events: [], searchedTo: ts + 501, next: { ts: ts + 501 } });
      const second = await log.list({ ...question, before: first.next });
      expect(second).toMatchObject({ events: [{ service: 'rare' }], next: null, searchedTo: null });
    });

    it('ends a page that has much text, and goes on from there', async () => {
      const ts = 1_795_200_350_000;
      const text = 'x'.repeat(16_000);
      const fields = JSON.stringify({ text });
      await log.store(Array.from({ length: 300 }, (_, i) => event(ts + i, { message: text, fields })));
      const question = { ...ALL, from: ts, to: ts + 1_000, limit: 1_000 };
      const pages: number[][] = [];
      for (let before: EventsQuestion['before'] = null; ; ) {
        const { events, next, searchedTo } = await log.list({ ...question, before });
        expect(searchedTo).toBeNull();
        pages.push(events.map(({ timestamp }) => timestamp));
        before = next;
        if (before === null) break;
      }
      expect(pages.map(({ length }) => length)).toEqual([132, 132, 36]);
      expect(pages.flat()).toEqual(Array.from({ length: 300 }, (_, i) => ts + 299 - i));
    });

    it('keeps the newest within its bounds: a full segment begins the next, which is emptied', async () => {
      const segments = async () =>
        [
          ...(await on((db) =>
            db.execute(sql`select segment, count(*)::int as count from events group by 1 order by 1`),
          )),
        ] as Array<{ segment: number; count: number }>;
      await log.maintain(PLENTY, 0);
      expect((await segments()).map(({ segment }) => segment)).toEqual([0]);
      for (let round = 1; round <= 12; round++) {
        // Of no size at all: every round is full. Several servers do this at once.
        await Promise.all([1, 2, 3].map(() => log.maintain({ ...PLENTY, maxBytes: 0 }, 0)));
        await log.store([event(1_795_200_400_000 + round)]);
      }
      const kept = await segments();
      expect(kept.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(10);
      const { events } = await log.list(ALL);
      expect(events[0].timestamp).toBe(1_795_200_400_012);
      expect(events.at(-1)!.timestamp).toBeGreaterThanOrEqual(1_795_200_400_001);
    });

    it('makes room while events are stored without a pause', async () => {
      let isOver = false;
      const storing = [1, 2, 3].map(async () => {
        while (!isOver) await log.store([event(1_795_200_450_000)]);
      });
      const current = async () => [...(await on((db) => db.execute(sql`select current from event_segment`)))];
      try {
        for (let round = 0; round < 10; round++) {
          const before = await current();
          await log.maintain({ ...PLENTY, maxBytes: 0 }, 0);
          expect(await current()).not.toEqual(before);
        }
      } finally {
        isOver = true;
        await Promise.all(storing);
      }
    });

    it('forgets the places of seconds that nothing may come for any more', async () => {
      const ts = 1_795_200_500_000;
      await log.store([event(ts), event(ts + 5_000)]);
      await log.maintain(PLENTY, ts + 5_000);
      const rows = await on((db) => db.execute(sql`select second::float8 as second from event_places`));
      expect([...rows]).toEqual([{ second: ts / 1_000 + 5 }]);
    });

    it('forgets very many places in several rounds, the oldest first', async () => {
      const last = 1_795_200_500 - 1;
      await on((db) =>
        db.execute(sql`insert into event_places
          select ${last}::bigint - n, 7, 1 from generate_series(0, ${FORGOTTEN_AT_ONCE + 1}::int) as n`),
      );
      const left = async () => [
        ...(await on((db) =>
          db.execute(
            sql`select second::float8 as second from event_places where second <= ${last}::bigint order by 1`,
          ),
        )),
      ];
      await log.maintain(PLENTY, (last + 1) * 1_000);
      expect(await left()).toEqual([{ second: last - 1 }, { second: last }]);
      await log.maintain(PLENTY, (last + 1) * 1_000);
      expect(await left()).toEqual([]);
    });
  });
}
