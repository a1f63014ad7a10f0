import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '@/lib/store/store';
import { type KillablePostgres, startKillablePostgres } from '../support/killable-postgres';
import { until } from '../support/processes';
import { figureOf, rest, Scene } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

/** What the contract promises, and a second for a machine that is busy with tests. */
const WRITE_MS = 6_000;
const READ_MS = 4_000;

/** Two nodes, one with a spool, whose database hangs: it is there and says nothing. */
export function hangChaos(engine: Engine): void {
  let database: KillablePostgres;
  let wire: TcpProxy;
  let folder: string;
  let plain: ServerProcess;
  let spooled: ServerProcess;
  let scene: Scene;

  beforeAll(async () => {
    database = await startKillablePostgres(engine);
    wire = await startTcpProxy(database.port);
    const url = new URL(database.url);
    url.port = String(wire.port);
    folder = mkdtempSync(join(tmpdir(), 'pulseboard-hang-'));
    const env = { DATABASE_URL: url.toString(), STORE_ENGINE: engine, RING_MINUTES: '2' };
    plain = await startBareNode(env);
    spooled = await startBareNode({ ...env, SPOOL_DIR: join(folder, 'spool') });
    scene = new Scene({ databaseUrl: database.url, nodes: [plain] });
    await scene.open();
  });

  afterAll(async () => {
    await scene?.close();
    await spooled?.stop();
    await wire?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** After a look at the truth the load has stopped. */
  let isFirst = true;
  async function goOn(): Promise<void> {
    if (!isFirst) await scene.goOn();
    isFirst = false;
  }

  const CASE_MS = 180_000;
  let nextTime = Date.now() - 60_000;

  const post = (node: ServerProcess, name: string) =>
    fetch(`${node.url}/api/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, timestamp: nextTime++, value: 1 }),
      signal: AbortSignal.timeout(WRITE_MS),
    });
  const get = (node: ServerProcess, path: string) =>
    fetch(`${node.url}${path}`, { signal: AbortSignal.timeout(READ_MS) });
  const question = (past: string) =>
    `/api/metrics/cpu_usage_percent?start=${past}&end=now&maxPoints=500&aggregate=p95&by=host`;

  /** Everything that may be asked at the moment it begins to hang: the first calls as well as later ones. */
  async function expectBounds(): Promise<void> {
    const first = await Promise.all([
      ...Array.from({ length: 10 }, () => post(plain, 'cpu_usage_percent')),
      // Of a series the database has to be asked for.
      post(plain, `fresh_${nextTime}`),
    ]);
    expect(first.map(({ status }) => status)).toEqual(first.map(() => 503));
    for (const { headers } of first) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }

  async function expectReads(): Promise<void> {
    const answers = await Promise.all(
      ['now-1h', 'now-30d', 'now-2m'].map((past) => get(plain, question(past))),
    );
    for (const answer of answers) {
      const body = await answer.json();
      if (answer.status === 503) expect(body).toMatchObject({ error: { code: 'database_unavailable' } });
      // What memory has all of needs no database.
      else if (!body.degraded) expect(body.tier).toBe('ring');
      else expect(body).toMatchObject({ degraded: { reason: 'database_unavailable' } });
    }
    expect((await get(plain, '/api/ready')).status).toBe(503);
    expect((await get(plain, '/api/health')).status).toBe(200);
    expect((await get(plain, '/api/fleet')).status).toBe(200);
    expect((await get(plain, '/metrics')).status).toBe(200);
  }

  async function expectSpooled(): Promise<void> {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(spooled, 'spooled')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  }

  async function expectRecovery(): Promise<void> {
    await scene.untilEveryoneIs('live', 20_000);
    // Neither knows of the other: each has metrics of its own.
    for (const [node, name] of [
      [plain, 'cpu_usage_percent'],
      [spooled, 'spooled'],
    ] as const)
      await until(async () => expect((await post(node, name)).status).toBe(200), 20_000);
    await until(async () => expect(await figureOf(spooled.url, 'pulseboard_spool_bytes')).toBe(0), 60_000);
    await scene.expectTruth();
    for (const node of [plain, spooled]) {
      expect(node.output()).not.toContain('unhandledRejection');
      expect(node.output()).not.toContain('uncaughtException');
    }
  }

  /** Connections of our nodes to the database, by what they are for. */
  async function connections(): Promise<number> {
    const sql = postgres(database.url, { max: 1 });
    const [{ count }] = await sql`
      select count(*)::int as count from pg_stat_activity where application_name like 'pulseboard%'`;
    await sql.end();
    return count;
  }

  const ways = {
    'all its processes are stopped': {
      begin: () => database.pause(),
      end: () => database.resume(),
    },
    'the network swallows what is sent': {
      begin: async () => wire.swallow(),
      end: async () => wire.heal(),
    },
  };

  for (const [name, way] of Object.entries(ways))
    test(
      `${name}: everyone has an answer soon, the first as well, and it recovers by itself`,
      async () => {
        await goOn();
        try {
          await way.begin();
          await Promise.all([expectBounds(), expectReads(), expectSpooled()]);
          await scene.untilEveryoneIs('degraded');
          await Promise.all([expectBounds(), expectReads(), expectSpooled()]);
          await rest(5_000);
        } finally {
          await way.end();
        }
        await expectRecovery();
        await until(async () => expect(await connections()).toBeLessThan(50));
      },
      CASE_MS,
    );

  test(
    'only what commits is stopped: writers have an answer soon, readers their points, and nothing is stored twice',
    async () => {
      await goOn();
      try {
        await database.pause('pulseboard write');
        await expectReadsGoOn();
      } finally {
        await database.resume();
      }
      await expectRecovery();
    },
    CASE_MS,
  );

  async function expectReadsGoOn(): Promise<void> {
    const posts = Array.from({ length: 10 }, () => post(plain, 'cpu_usage_percent'));
    for (const past of ['now-1h', 'now-2m']) expect((await get(plain, question(past))).status).toBe(200);
    for (const { status } of await Promise.all(posts)) expect([200, 503]).toContain(status);
  }

  test(
    'commits of four seconds are slow, and no more: nobody is refused, and the circuit stays closed',
    async () => {
      await goOn();
      const opened = () => figureOf(plain.url, 'pulseboard_breaker_opened_total{name="database_write"}');
      const before = await opened();
      const sql = postgres(database.url, { max: 1 });
      const relation = engine === 'timescale' ? 'samples_packed' : 'samples';
      for (let i = 0; i < 3; i++) {
        await sql.begin(async (lock) => {
          await lock.unsafe(`lock table ${relation} in exclusive mode`);
          await rest(3_700);
        });
        await rest(500);
      }
      await sql.end();
      expect(scene.load.refused).toBe(0);
      expect(await opened()).toBe(before);
      await scene.expectTruth();
    },
    CASE_MS,
  );
}
