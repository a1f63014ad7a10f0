import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres';
import { until } from '../../test/support/processes';
import { startTcpProxy, type TcpProxy } from '../../test/support/tcp-proxy';
import { SECOND } from '../model/time/duration';
import { currentRequestId, withRequestId } from '../observe/request-id';
import { Endpoint } from './endpoint';
import { Lane, type LaneOptions } from './lane';
import { noAnswer } from './pg-errors';
import { openPools, type Pools } from './pools';

let database: TestDatabase;
let wire: TcpProxy;
let url: string;
let admin: postgres.Sql;
const closing: Array<() => Promise<void>> = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const through = new URL(database.url);
  wire = await startTcpProxy(Number(through.port));
  through.port = String(wire.port);
  url = through.toString();
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterEach(async () => {
  wire.heal();
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await admin.end();
  await wire.close();
  await database.drop();
});

function laneOn(options: Partial<LaneOptions> = {}): Lane {
  const endpoint = new Endpoint('test', url);
  const lane = new Lane({
    endpoint,
    purpose: 'read',
    sessions: 2,
    connect: { fetch_types: false, connection: { application_name: 'lane test' } },
    parameters: {},
    limitMs: 60 * SECOND,
    ...options,
  });
  closing.push(async () => {
    await lane.close();
    await endpoint.watchdog.close();
  });
  return lane;
}

const sleepFor = (seconds: number) => (sql: postgres.ISql) => sql`select pg_sleep(${seconds}::float8)`;
const answer = async (sql: postgres.ISql) => (await sql<[{ one: number }]>`select 1 as one`)[0].one;

/** Statements that the server is at work on for these tests. */
async function atWork(): Promise<string[]> {
  const rows = await admin<Array<{ query: string }>>`
    select query from pg_stat_activity
    where application_name like 'lane test%' and state = 'active' and datname = current_database()`;
  return rows.map(({ query }) => query);
}
/** The server's processes behind the lane's connections. */
async function sessions(): Promise<number[]> {
  const rows = await admin<Array<{ pid: number }>>`
    select pid from pg_stat_activity
    where application_name = 'lane test' and datname = current_database() order by pid`;
  return rows.map(({ pid }) => pid);
}

test('a connection does not belong to the request it was opened for, whose memory it would hold', async () => {
  const heardIn: Array<string | undefined> = [];
  const lane = laneOn({
    sessions: 1,
    connect: { fetch_types: false, onnotice: () => heardIn.push(currentRequestId()) },
  });
  await withRequestId('first', () => lane.run(answer));
  await withRequestId('second', async () => {
    await lane.run((sql) => sql`do $$ begin raise notice 'heard'; end $$`);
    expect(currentRequestId()).toBe('second');
  });
  expect(heardIn).toEqual([undefined]);
});
const untilAtWork = (count: number) => until(async () => expect(await atWork()).toHaveLength(count));

describe('what is given up', () => {
  test('ends on the server, although every connection is busy with it', async () => {
    const lane = laneOn({ limitMs: SECOND });
    const asked = [lane.run(sleepFor(600)), lane.run(sleepFor(600))];
    await untilAtWork(2);
    const before = await sessions();
    for (const call of await Promise.allSettled(asked))
      expect(call).toMatchObject({ reason: { code: 'too_expensive' } });
    await untilAtWork(0);
    expect(await Promise.all([lane.run(answer), lane.run(answer)])).toEqual([1, 1]);
    // On the connections of before.
    expect(await sessions()).toEqual(before);
    await until(() => expect(lane.figures).toEqual({ running: 0, waiting: 0, givenUp: 2 }));
  });

  test('ends on the server when nobody waits for it any more', async () => {
    const lane = laneOn();
    const reader = new AbortController();
    const call = lane.run(sleepFor(600), { signal: reader.signal });
    await untilAtWork(1);
    reader.abort();
    await expect(call).rejects.toMatchObject({ code: 'client_closed' });
    await untilAtWork(0);
    await expect(lane.run(answer, { signal: reader.signal })).rejects.toMatchObject({
      code: 'client_closed',
    });
  });

  test('is never what comes next on its connection', async () => {
    const lane = laneOn({ sessions: 1 });
    for (let i = 0; i < 30; i++) {
      const reader = new AbortController();
      const call = lane.run(sleepFor(0.005 * Math.random()), { signal: reader.signal });
      setTimeout(() => reader.abort(), 10 * Math.random());
      await call.catch(() => {});
      expect(await lane.run(async (sql) => (await sleepFor(0.01)(sql)).length)).toBe(1);
    }
  });

  test('between two statements ends with the next one', async () => {
    const lane = laneOn({ sessions: 1, limitMs: SECOND });
    const call = lane.run(async (sql) => {
      await sleepFor(0.8)(sql);
      await new Promise((resolve) => setTimeout(resolve, 700));
      await sleepFor(600)(sql);
    });
    await expect(call).rejects.toMatchObject({ code: 'too_expensive' });
    expect(await lane.run(answer, { limitMs: 60 * SECOND })).toBe(1);
    await untilAtWork(0);
  });

  test('waits for its turn no longer than it may either', async () => {
    const lane = laneOn({ sessions: 1 });
    const reader = new AbortController();
    const busy = lane.run(sleepFor(600), { signal: reader.signal });
    await expect(lane.run(answer, { limitMs: SECOND / 2 })).rejects.toMatchObject({ code: 'too_busy' });
    expect(lane.figures).toMatchObject({ running: 1, waiting: 0 });
    reader.abort();
    await expect(busy).rejects.toMatchObject({ code: 'client_closed' });
    expect(await lane.run(answer)).toBe(1);
  });
});

test('those of one request wait as one: other requests do not wait for all of them', async () => {
  const lane = laneOn({ sessions: 1 });
  const order: string[] = [];
  const ask = (request: string) =>
    withRequestId(request, () => lane.run(async (sql) => void order.push(`${request} ${await answer(sql)}`)));
  await Promise.all([...Array.from({ length: 5 }, () => ask('many')), ask('one'), ask('two')]);
  expect(order.slice(0, 4).sort()).toEqual(['many 1', 'many 1', 'one 1', 'two 1']);
});

describe('a database that hangs', () => {
  test('is distinguished from one that is slow: all calls fail together, and work again when it is back', async () => {
    const lane = laneOn();
    expect(await lane.run(answer)).toBe(1);
    const slow = lane.run(sleepFor(4));
    const startedAt = performance.now();
    await slow;
    expect(performance.now() - startedAt).toBeGreaterThan(3_900);

    const open = wire.open;
    wire.swallow();
    const calls = [lane.run(sleepFor(0)), lane.run(answer), lane.run(answer), lane.run(answer)];
    for (const call of await Promise.allSettled(calls))
      expect(call).toMatchObject({ reason: { code: 'database_unavailable' } });
    expect(lane.figures.waiting).toBe(0);
    // New connections, too.
    await expect(lane.run(answer)).rejects.toMatchObject({ code: 'database_unavailable' });
    wire.heal();
    await until(async () => expect(await lane.run(answer)).toBe(1));
    await until(() => expect(wire.open).toBeLessThanOrEqual(open));
  });

  test('for calls that are shorter than it takes to notice, one after the other', async () => {
    const lane = laneOn();
    await lane.run(answer);
    wire.swallow();
    const ends: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { message } = await lane.run(answer, { limitMs: 700 }).catch((error) => error);
      ends.push(message);
    }
    wire.heal();
    expect(ends).toContain(noAnswer().message);
  });

  test('in the middle of a transaction: nothing of it is kept', async () => {
    await admin`create table halves (n int)`;
    const lane = laneOn({ purpose: 'write' });
    const call = lane.run((sql) =>
      sql.begin(async (tx) => {
        await tx`insert into halves values (1)`;
        wire.swallow();
        await tx`insert into halves values (2)`;
      }),
    );
    await expect(call).rejects.toMatchObject({ code: 'database_unavailable' });
    wire.heal();
    await until(async () => expect(await lane.run(answer)).toBe(1));
    expect(await admin`select * from halves`).toHaveLength(0);
  });

  test('only on the connections of before: what waits on them fails soon, others never notice', async () => {
    const lane = laneOn();
    await Promise.all([lane.run(answer), lane.run(answer)]);
    wire.lose();
    const calls = await Promise.allSettled([lane.run(answer), lane.run(answer)]);
    for (const call of calls) expect(call).toMatchObject({ reason: { code: 'database_unavailable' } });
    expect(await Promise.all([lane.run(answer), lane.run(answer)])).toEqual([1, 1]);
  });
});

describe('the pools', () => {
  function poolsOn(connection: string): Pools {
    const endpoint = new Endpoint('test', connection);
    const pools = openPools(endpoint, endpoint);
    closing.push(() => pools.close());
    return pools;
  }

  test('bring what statements need, whatever the server is set to', async () => {
    const { lanes } = poolsOn(url);
    const settings = async (sql: postgres.ISql) => {
      const rows = await sql<Array<{ name: string; setting: string }>>`
        select name, setting from pg_settings
        where name in ('jit', 'statement_timeout', 'client_connection_check_interval')`;
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    };
    await admin.unsafe(`alter database ${new URL(url).pathname.slice(1)} set jit = on`);
    for (const found of [await lanes.read.run(settings), await lanes.write.run(settings)])
      expect(found).toEqual({
        jit: 'off',
        statement_timeout: '17000',
        client_connection_check_interval: '1000',
      });
  });

  test('read on another connection when one is lost', async () => {
    const { lanes } = poolsOn(url);
    await Promise.all(Array.from({ length: 3 }, () => lanes.read.run(answer)));
    wire.lose();
    expect(await lanes.read.run(answer)).toBe(1);
  });

  test('a heavy question does not keep the others waiting', async () => {
    const { lanes } = poolsOn(url);
    const readers = new AbortController();
    const heavy = Array.from({ length: 20 }, () =>
      lanes.read.run(sleepFor(600), { isHeavy: true, signal: readers.signal }).catch(() => {}),
    );
    expect(await lanes.read.run(answer)).toBe(1);
    readers.abort();
    await Promise.all(heavy);
  });

  test('a question that turns out to be heavy makes way, and is answered', async () => {
    const { lanes } = poolsOn(url);
    const slow = Array.from({ length: 3 }, () => lanes.read.run(sleepFor(3)));
    expect(await lanes.read.run(answer)).toBe(1);
    expect((await Promise.all(slow)).map((rows) => rows.length)).toEqual([1, 1, 1]);
  });
});
