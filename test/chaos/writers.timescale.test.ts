import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { MINUTE } from '@/lib/model/time/duration';
import { Load } from '../support/load';
import type { SampleKey } from '../support/load-sample';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { until } from '../support/processes';
import { rest } from '../support/scene';
import { type ServerProcess, startBareNode } from '../support/server-process';
import { storedKeys } from '../support/stored-keys';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

/**
 * Two servers that append to one TimescaleDB, with clocks 19 minutes apart, behind a balancer that deals requests out in
 * turn. Agents send again, to the other one, whatever they have no answer to. Whatever is broken meanwhile: every
 * acknowledged sample is stored, and none twice.
 */
let database: TestDatabase;
let wire: TcpProxy;
let sql: Sql;
let load: Load;
let nodes: ServerProcess[];
const ever = new Map<SampleKey, number>();

const CASE_MS = 120_000;
/** Just within what is taken of samples from the future. */
const AHEAD_MS = 9.5 * MINUTE;

const startNode = (url: string, clockMs: number) =>
  startBareNode({
    DATABASE_URL: url,
    STORE_ENGINE: 'timescale',
    RING_MINUTES: '2',
    LOG_LEVEL: 'warn',
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
      `const now = Date.now; Date.now = () => now() + ${clockMs};`,
    )}`,
  });
const startAhead = () => startNode(database.url, AHEAD_MS);

beforeAll(async () => {
  database = await createTestDatabase(inject('timescaleUrl'));
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  wire = await startTcpProxy(Number(new URL(database.url).port));
  const wired = Object.assign(new URL(database.url), { port: String(wire.port) }).toString();
  nodes = [await startNode(wired, -AHEAD_MS), await startAhead()];
});

afterAll(async () => {
  await load?.stop();
  await Promise.all((nodes ?? []).map((node) => node.stop()));
  await wire?.close();
  await sql?.end();
  await database?.drop();
});

async function beginLoad(): Promise<void> {
  load = new Load(
    {
      urls: () => nodes.map(({ url }) => url),
      metrics: ['cpu_usage_percent', 'net_bytes_total'],
      hosts: 16,
      everyMs: 60,
      latestMs: 5 * MINUTE,
    },
    ever,
  );
  await until(() => expect(load.acknowledged.size).toBeGreaterThan(200));
}

async function expectTruth(): Promise<void> {
  await load.stop();
  const stored = await storedKeys(database.url);
  expect([...stored].filter(([, values]) => values.length !== 1)).toEqual([]);
  for (const [key, value] of load.acknowledged) expect([key, stored.get(key)]).toEqual([key, [value]]);
}

/** Resolves when one server appends alone, or several do. */
const untilHeld = (isHeld: boolean) =>
  until(async () => {
    const [{ held }] = await sql`select holder is not null as held from append_turn`;
    expect(held).toBe(isHeld);
  }, 60_000);

test(
  'in peace both announce, and a body sent to both is stored once',
  async () => {
    await beginLoad();
    await untilHeld(false);
    await expectTruth();
    const sample = { name: 'resent', labels: { host: 'a' }, timestamp: Date.now(), value: 1 };
    const answers = await Promise.all(
      [...nodes, ...nodes, ...nodes].map(async ({ url }) => {
        const response = await fetch(`${url}/api/metrics`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(sample),
        });
        return (await response.json()) as { duplicates: number };
      }),
    );
    expect(answers.map(({ duplicates }) => duplicates).sort()).toEqual([0, 1, 1, 1, 1, 1]);
  },
  CASE_MS,
);

test(
  'the connections of one to the database are cut in the middle of appends, and lost',
  async () => {
    await beginLoad();
    for (let i = 0; i < 5; i++) {
      wire.cut();
      await rest(20 * i);
      wire.heal();
      await rest(300);
    }
    wire.lose();
    await rest(2_000);
    await expectTruth();
  },
  CASE_MS,
);

test(
  'one is killed with kill -9, the other goes on and comes to append alone, and another one joins',
  async () => {
    await beginLoad();
    const victim = nodes.pop()!;
    victim.signal('SIGKILL');
    await victim.exited;
    await untilHeld(true);
    nodes.push(await startAhead());
    await untilHeld(false);
    await expectTruth();
  },
  CASE_MS,
);

test(
  'one is stopped for so long that the other appends alone, and goes on where it was',
  async () => {
    await beginLoad();
    const [, stopped] = nodes;
    stopped.signal('SIGSTOP');
    await untilHeld(true);
    // What it was sent meanwhile has been sent to the other one by then.
    stopped.signal('SIGCONT');
    await untilHeld(false);
    await rest(2_000);
    await expectTruth();
  },
  CASE_MS,
);
