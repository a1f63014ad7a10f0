import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { SECOND } from '../lib/model/time/duration';
import { below, milliseconds, printTable, type Row } from './support/report';
import { type BenchServer, startServer } from './support/server';
import { openReader } from './support/viewers';

/** How soon a sample is on a stream after its POST began. */
interface Pace {
  what: string;
  tickMs: number;
  gapMs: number;
  posts: number;
  goals?: { p50?: number; p99: number };
}

const PACES: Pace[] = [
  { what: 'tick 1 s, a post every 137 ms', tickMs: 1_000, gapMs: 137, posts: 150, goals: { p99: 1_200 } },
  { what: 'tick 50 ms, a post every 37 ms', tickMs: 50, gapMs: 37, posts: 500, goals: { p99: 100 } },
  {
    what: 'tick 1 s, after 1.1 s of quiet',
    tickMs: 1_000,
    gapMs: 1_100,
    posts: 25,
    goals: { p50: 50, p99: 100 },
  },
  {
    what: 'tick 10 s, after 10.1 s of quiet',
    tickMs: 10_000,
    gapMs: 10_100,
    posts: 3,
    goals: { p50: 50, p99: 100 },
  },
  { what: 'tick 1 s, an agent that posts every second', tickMs: 1_000, gapMs: 1_000, posts: 25 },
];

async function main(): Promise<void> {
  const server = await startServer();
  const rows: Row[] = [];
  try {
    for (const pace of PACES) rows.push(...(await measureDelay(server, pace)));
  } finally {
    await server.close();
  }
  printTable('Live', rows);
}

/** From the first byte of a POST to its sample on a stream. */
async function measureDelay(
  { port }: BenchServer,
  { what, tickMs, gapMs, posts, goals }: Pace,
): Promise<Row[]> {
  console.log(`${what} …`);
  const metric = `bench_${tickMs}_${gapMs}`;
  const sentAt: number[] = [];
  const delays: number[] = [];
  const q = new URLSearchParams({ metric, step: 'raw', aggregate: 'last' }).toString();
  const close = await openReader(
    port,
    `/api/live?${new URLSearchParams({ q, tick: String(tickMs) })}`,
    (data) => {
      const now = performance.now();
      // A value is its post's number, which shows when that began.
      for (const [, number] of data.matchAll(/\[\d+,(\d+)\]/g))
        delays[Number(number)] ??= now - sentAt[Number(number)];
    },
  );
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  for (let i = 0; i < posts; i++) {
    await until(startedAt + i * gapMs);
    sentAt[i] = performance.now();
    void post(port, agent, JSON.stringify({ name: metric, value: i, timestamp: Date.now() }));
  }
  await until(performance.now() + tickMs + SECOND);
  close();
  agent.destroy();
  const known = delays.filter((delay) => delay !== undefined).sort((a, b) => a - b);
  if (known.length < posts)
    throw new Error(`${what}: ${posts - known.length} of ${posts} samples never came.`);
  const p50 = known[Math.floor(known.length / 2)];
  const p99 = known[Math.ceil(known.length * 0.99) - 1];
  const row = (name: string, ms: number, goal?: number): Row =>
    goal === undefined
      ? { what: `${what}: ${name}`, value: milliseconds(ms) }
      : below(`${what}: ${name}`, ms, goal);
  return [row('p50', p50, goals?.p50), row('p99', p99, goals?.p99)];
}

async function post(port: number, agent: Agent, body: string): Promise<void> {
  const outgoing = request({
    port,
    agent,
    method: 'POST',
    path: '/api/metrics',
    headers: { 'content-type': 'application/json' },
  });
  outgoing.end(body);
  const [response] = await once(outgoing, 'response');
  response.resume();
}

function until(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
}

await main();
