import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { until } from '../../test/support/processes';
import { startTcpProxy } from '../../test/support/tcp-proxy';
import { startTlsFront } from '../../test/support/tls-front';
import { type Client, connect } from './connection';
import { checkDriver } from './driver-version';
import { Endpoint } from './endpoint';
import { Session } from './session';

const url = inject('postgresUrl');
const admin = postgres(url, { max: 1, fetch_types: false });
const endpoint = new Endpoint('test', url);
const closing: Array<() => Promise<void>> = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await endpoint.watchdog.close();
  await admin.end();
});

function client(at = url): Client {
  const made = connect(at, { prepare: false });
  closing.push(() => made.close());
  return made;
}

async function session(): Promise<Session> {
  const made = new Session(endpoint, {}, { fetch_types: false });
  closing.push(() => made.close());
  await made.open();
  return made;
}

const one = async (sql: Sql) => [...(await sql`select 1 as one`)];
const EVERY_ROW = Array.from({ length: 5 }, (_, i) => ({ n: i + 1 }));
const everyRow = async (sql: Sql) => [...(await sql`select n from generate_series(1, 5) n`)];
const kill = (pid: number) => admin`select pg_terminate_backend(${pid}::int4)`;

/** Asks for rows without end and resolves when the first have come. */
async function rowsWithoutEnd(sql: Sql): Promise<{ failing: Promise<unknown>; pid: number }> {
  const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
  // One after the other, each of its own 8 KiB, which is when a server sends what it has.
  const failing = sql`
    select repeat('x', 9000), pg_sleep(0.005) from (select generate_series(1, 1000000)) n`.then(
    () => null,
    (error: unknown) => error,
  );
  await sleep(300);
  return { failing, pid };
}

describe('a session that dies', () => {
  test('between two statements of a transaction: the next one fails, and so does the transaction', async () => {
    const broken = await session();
    const statement = broken.sql.begin(async (tx) => {
      await tx`select 1`;
      await kill(broken.pid!);
      await until(() => expect(broken.pid).toBeNull());
      await expect(tx`select 2`).rejects.toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
      await tx`select 3`;
    });
    await expect(statement).rejects.toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    await broken.open();
    expect(await everyRow(broken.sql)).toEqual(EVERY_ROW);
  });

  test('while a statement of a transaction, with parameters, is under way: all that comes after it fails', async () => {
    const broken = await session();
    const transaction = broken.sql.begin(async (tx) => {
      const sleeping = tx`select pg_sleep(${600}::float8)`.catch((error: unknown) => error);
      await sleep(100);
      await kill(broken.pid!);
      await sleeping;
      await tx`select ${1}::int4 as n`;
    });
    await expect(transaction).rejects.toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    await broken.open();
    expect(await everyRow(broken.sql)).toEqual(EVERY_ROW);
  });

  test('before a statement that waits in memory was written: the next session is none the wiser', async () => {
    const broken = await session();
    const unwritten = broken.sql`select 2 as two`.then(
      () => null,
      (error: unknown) => error,
    );
    // The driver has it by then, and writes at the end of the turn.
    await Promise.resolve().then(() => {});
    broken.destroy();
    expect(await unwritten).toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    await broken.open();
    expect(await one(broken.sql)).toEqual([{ one: 1 }]);
    expect(await everyRow(broken.sql)).toEqual(EVERY_ROW);
  });

  test('in the middle of rows: the next session has all of its own', async () => {
    const broken = await session();
    const { failing, pid } = await rowsWithoutEnd(broken.sql);
    await kill(pid);
    expect(await failing).toMatchObject({ code: expect.stringMatching(/^(57P01|CONNECTION_\w+)$/) });
    await broken.open();
    expect(await everyRow(broken.sql)).toEqual(EVERY_ROW);
  });

  test('with statements in a queue: none of them is left without an answer', async () => {
    const { sql } = client();
    const [{ pid }] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
    const waiting = Array.from({ length: 5 }, () => sql`select pg_sleep(${600}::float8)`);
    const answers = Promise.allSettled(waiting);
    await sleep(100);
    await kill(pid);
    for (const { status } of await answers) expect(status).toBe('rejected');
    await expect(sql`select 1`).rejects.toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
  });

  test('before it has begun: its waiter gets the error, and the next one works', async () => {
    const through = new URL(url);
    const wire = await startTcpProxy(Number(through.port));
    through.port = String(wire.port);
    closing.push(() => wire.close());
    wire.swallow();
    const { sql } = client(through.toString());
    const waiting = one(sql);
    const outcome = expect(waiting).rejects.toMatchObject({ code: expect.stringMatching(/^(CONN|ECONN)/) });
    await until(() => expect(wire.open).toBe(1));
    wire.heal();
    await outcome;
    expect(await one(client(through.toString()).sql)).toEqual([{ one: 1 }]);
  });
});

describe('a statement of which some rows have come', () => {
  test('and that fails leaves nothing to the next one of its session', async () => {
    const { sql } = client();
    for (const rows of [2, 5_000]) {
      const failing = sql`select 1 / (${rows}::int4 - n) from generate_series(1, 9000) n`;
      await expect(failing).rejects.toMatchObject({ code: '22012' });
      expect(await one(sql)).toEqual([{ one: 1 }]);
    }
  });

  test('and that is cancelled leaves nothing to the next one of its session', async () => {
    const cancelled = await session();
    const { failing, pid } = await rowsWithoutEnd(cancelled.sql);
    await cancelled.cancel(failing);
    expect(await failing).toMatchObject({ code: '57014' });
    expect(cancelled.pid).toBe(pid);
    expect(await everyRow(cancelled.sql)).toEqual(EVERY_ROW);
  });

  test('and that fails in a transaction leaves nothing to what follows', async () => {
    const { sql } = client();
    const failing = sql.begin((tx) => tx`select 1 / (50 - n) from generate_series(1, 9000) n`);
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(await everyRow(sql)).toEqual(EVERY_ROW);
  });
});

describe('a server with TLS', () => {
  async function front() {
    const through = new URL(url);
    const tls = await startTlsFront(Number(through.port));
    closing.push(() => tls.close());
    through.port = String(tls.port);
    const named = (mode: string) => `${through}?sslmode=${mode}`;
    return { tls, named, through: new Endpoint('test', named('require')) };
  }

  test('is spoken to by TLS, cancelled by TLS, and let go of', async () => {
    const { tls, through } = await front();
    const encrypted = new Session(through, {}, { fetch_types: false });
    closing.push(() => encrypted.close());
    await encrypted.open();
    const { failing } = await rowsWithoutEnd(encrypted.sql);
    await encrypted.cancel(failing);
    expect(await failing).toMatchObject({ code: '57014' });
    expect(tls.encrypted).toBe(2);
    expect(await everyRow(encrypted.sql)).toEqual(EVERY_ROW);

    const lost = rowsWithoutEnd(encrypted.sql);
    const { failing: destroyed } = await lost;
    encrypted.destroy();
    expect(await destroyed).toMatchObject({ code: expect.stringMatching(/^CONNECTION_/) });
    await encrypted.open();
    expect(await everyRow(encrypted.sql)).toEqual(EVERY_ROW);
  });

  test('has to be who it says, where that is asked for', async () => {
    const { named } = await front();
    await expect(one(client(named('verify-full')).sql)).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(await one(client(named('prefer')).sql)).toEqual([{ one: 1 }]);
  });

  test('is not to be had of one without', async () => {
    await expect(one(client(`${url}?sslmode=require`).sql)).rejects.toThrow('does not offer TLS');
    expect(await one(client(`${url}?sslmode=prefer`).sql)).toEqual([{ one: 1 }]);
  });
});

describe('the version of the driver', () => {
  test('is the one that this was tested with', () => {
    expect(() => checkDriver()).not.toThrow();
  });

  test('any other is refused, with what to do', async () => {
    const project = await mkdtemp(join(tmpdir(), 'pulseboard-driver-'));
    const home = join(project, 'node_modules', 'postgres');
    await mkdir(join(home, 'cjs', 'src'), { recursive: true });
    await writeFile(join(home, 'package.json'), '{ "version": "3.4.10", "main": "cjs/src/index.js" }');
    await writeFile(join(home, 'cjs', 'src', 'index.js'), '');
    try {
      expect(() => checkDriver(project)).toThrow(
        'The PostgreSQL driver postgres.js is installed in version 3.4.10, but this Pulseboard is tested with 3.4.9 only: run npm ci.',
      );
    } finally {
      await rm(project, { recursive: true });
    }
  });
});
