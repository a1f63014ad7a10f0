import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { SECOND } from '../lib/model';
import { startGenerator } from './support/generator';
import { usageOf } from './support/processes';
import { below, milliseconds, printTable, type Row, whole } from './support/report';
import { type BenchServer, startServer } from './support/server';
import { openReader, VIEWERS_ARGUMENT, type ViewersReport, watchAs } from './support/viewers';

/**
 * How soon a sample is on a stream after its POST began, and what 500 engineers before one dashboard of 12 panels
 * cost while 1,000 servers post every ten seconds.
 */
const VIEWERS = 500;
const SERVERS = 1_000;
const POSTS_PER_SECOND = SERVERS / 10;
const WATCH_MS = 20 * SECOND;

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
    rows.push(...(await measureViewers(server)));
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
      // A value is its post's number, and so tells when that began.
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

/** Many streams of one dashboard, opened over a few seconds as people do, while servers post. */
async function measureViewers(server: BenchServer): Promise<Row[]> {
  console.log(`${VIEWERS} viewers of 12 panels, ${SERVERS} servers …`);
  const generator = await startGenerator({ port: server.port, connections: 32, hosts: SERVERS });
  const child = fork(fileURLToPath(import.meta.url), [VIEWERS_ARGUMENT]);
  try {
    await generator.run({ mode: 'introduce' });
    const unwatched = await observe(server, () =>
      generator.run({ mode: 'open', durationMs: WATCH_MS, postsPerSecond: POSTS_PER_SECOND }),
    );
    child.send({ port: server.port, viewers: VIEWERS, openOverMs: 3 * SECOND });
    const settling = generator.run({
      mode: 'open',
      durationMs: 8 * SECOND,
      postsPerSecond: POSTS_PER_SECOND,
    });
    await once(child, 'message');
    await settling;
    const watched = await observe(server, () =>
      generator.run({ mode: 'open', durationMs: WATCH_MS, postsPerSecond: POSTS_PER_SECOND }),
    );
    child.send('report');
    const [report] = (await once(child, 'message')) as [ViewersReport];
    const perSecond = (value: number) => value / watched.seconds;
    return [
      {
        what: 'server, of a core, nobody watching',
        value: percent(unwatched.cpuSeconds / unwatched.seconds),
      },
      { what: `server, of a core, ${VIEWERS} viewers`, value: percent(watched.cpuSeconds / watched.seconds) },
      { what: 'of that, working out what to tell', value: percent(perSecond(watched.turnSeconds)) },
      { what: 'turns of streams per second', value: whole(perSecond(watched.turns)) },
      {
        what: 'writes received per viewer and second',
        value: (report.writes / report.seconds / VIEWERS).toFixed(2),
      },
      {
        what: 'received per second, all viewers',
        value: `${whole(report.bytes / report.seconds / 1_024)} KiB`,
      },
      {
        what: 'memory, nobody watching → watched',
        value: `${mib(unwatched.rssBytes)} → ${mib(watched.rssBytes)}`,
      },
      below('p99 of POSTs meanwhile', watched.result.latencies.p99, 150),
    ];
  } finally {
    child.disconnect();
    generator.close();
  }
}

async function observe<T>(server: BenchServer, work: () => Promise<T>) {
  const before = { ...usageOf(server.pid), ...(await liveFigures(server)), at: performance.now() };
  const result = await work();
  const after = { ...usageOf(server.pid), ...(await liveFigures(server)), at: performance.now() };
  return {
    result,
    seconds: (after.at - before.at) / SECOND,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    rssBytes: after.rssBytes,
    turns: after.turns - before.turns,
    turnSeconds: after.turnSeconds - before.turnSeconds,
  };
}

async function liveFigures({ url }: BenchServer): Promise<{ turns: number; turnSeconds: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { accept: 'text/plain' } })).text();
  const figure = (name: string) =>
    Number(new RegExp(`^pulseboard_live_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { turns: figure('turns_total'), turnSeconds: figure('turn_seconds_total') };
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

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function mib(bytes: number): string {
  return `${whole(bytes / 2 ** 20)} MiB`;
}

await (process.argv[2] === VIEWERS_ARGUMENT ? watchAs() : main());
