import { fileURLToPath } from 'node:url';
import { SECOND } from '../lib/model/time/duration';
import { openPosts } from './support/posts';
import { Prober } from './support/prober';
import { usageOf } from './support/processes';
import { below, milliseconds, printTable, type Row, whole } from './support/report';
import { type BenchServer, startServer } from './support/server';
import { dashboard, openViewers, PROBE, VIEWERS_ARGUMENT, watchAs } from './support/viewers';

/**
 * What it costs one server that many people look: 500 viewers of 20 dashboards while 1,000 servers post ten samples
 * every second, and 5,000 who look at something that does not move.
 */
const SERVERS = 1_000;
const VIEWERS = 500;
const DASHBOARDS = 20;
const IDLE_VIEWERS = 5_000;
const WATCH_MS = 30 * SECOND;
const GOAL = { delayMs: 1_500, cores: 1, idleBytes: 60 * 1_024 };

const program = fileURLToPath(import.meta.url);

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const measure of [measureBusy, measureIdle]) {
    const server = await startServer({ MAX_STREAMS: '10000' });
    try {
      rows.push(...(await measure(server)));
    } finally {
      await server.close();
    }
  }
  printTable('Viewers', rows);
}

async function measureBusy(server: BenchServer): Promise<Row[]> {
  console.log(`${VIEWERS} viewers of ${DASHBOARDS} dashboards, ${whole(SERVERS)} servers …`);
  const fleet = await openPosts(server.port, SERVERS);
  const load = (durationMs: number) => fleet.run(SECOND, durationMs);
  const probe = new Prober(server.port);
  try {
    await fleet.introduce();
    await probe.post();
    const unwatched = await observe(server, () => load(WATCH_MS / 2));
    const opening = load(12 * SECOND);
    const viewers = await openViewers(program, {
      port: server.port,
      streams: Array.from({ length: VIEWERS }, (_, i) => dashboard(i % DASHBOARDS)),
      openOverMs: 5 * SECOND,
    });
    await opening;
    await viewers.begin();
    const watched = await observe(server, async () => {
      const probing = probe.run(WATCH_MS - 2 * SECOND);
      const result = await load(WATCH_MS);
      await probing;
      return result;
    });
    const report = await viewers.report();
    viewers.close();
    const received = report.delays.length / (VIEWERS * probe.posted);
    const quantile = (share: number) => report.delays[Math.floor((report.delays.length - 1) * share)];
    return [
      { what: 'from a POST to the event at a viewer: p50', value: milliseconds(quantile(0.5)) },
      below('from a POST to the event at a viewer: p99', quantile(0.99), GOAL.delayMs),
      { what: 'newest values seen, of those posted, by every viewer', value: percent(received) },
      cores(`server, cores, ${VIEWERS} viewers`, watched.cores, GOAL.cores),
      { what: 'of that, computing what to send', value: watched.turnCores.toFixed(2) },
      { what: 'server, cores, nobody watching', value: unwatched.cores.toFixed(2) },
      { what: 'distinct queries', value: whole(watched.queries) },
      {
        what: 'received per viewer and second',
        value: `${(report.writes / report.seconds / VIEWERS).toFixed(2)} writes, ${(report.bytes / report.seconds / VIEWERS / 1_024).toFixed(1)} KiB`,
      },
      {
        what: 'memory, nobody watching → watched',
        value: `${mib(unwatched.rssBytes)} → ${mib(watched.rssBytes)}`,
      },
      below('p99 of POSTs meanwhile', watched.result.p99Ms, 150),
    ];
  } finally {
    probe.close();
    await fleet.close();
  }
}

async function measureIdle(server: BenchServer): Promise<Row[]> {
  console.log(`${whole(IDLE_VIEWERS)} viewers of what does not move …`);
  const probe = new Prober(server.port);
  await probe.post();
  probe.close();
  // The first streams load code and fill pools that the others share.
  const query = new URLSearchParams({ metric: PROBE, aggregate: 'last', step: 'raw' }).toString();
  const open = (count: number) =>
    openViewers(program, {
      port: server.port,
      streams: Array.from({ length: count }, () => [query]),
      openOverMs: count,
    });
  const first = await open(100);
  await pause(15 * SECOND);
  const before = usageOf(server.pid);
  const others = await open(IDLE_VIEWERS);
  await pause(20 * SECOND);
  const settled = usageOf(server.pid);
  await pause(15 * SECOND);
  const after = usageOf(server.pid);
  const bytes = (after.rssBytes - before.rssBytes) / IDLE_VIEWERS;
  first.close();
  others.close();
  return [
    {
      what: `memory of an idle viewer, of ${whole(IDLE_VIEWERS)}`,
      value: `${(bytes / 1_024).toFixed(1)} KiB`,
      goal: `< ${GOAL.idleBytes / 1_024} KiB`,
      isMet: bytes < GOAL.idleBytes,
    },
    {
      what: `server, cores, ${whole(IDLE_VIEWERS)} idle viewers`,
      value: ((after.cpuSeconds - settled.cpuSeconds) / 15).toFixed(3),
    },
  ];
}

async function observe<T>(server: BenchServer, work: () => Promise<T>) {
  const before = { ...usageOf(server.pid), ...(await liveFigures(server)), at: performance.now() };
  const result = await work();
  const after = { ...usageOf(server.pid), ...(await liveFigures(server)), at: performance.now() };
  const seconds = (after.at - before.at) / SECOND;
  return {
    result,
    cores: (after.cpuSeconds - before.cpuSeconds) / seconds,
    turnCores: (after.turnSeconds - before.turnSeconds) / seconds,
    rssBytes: after.rssBytes,
    queries: after.queries,
  };
}

async function liveFigures({ url }: BenchServer): Promise<{ queries: number; turnSeconds: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { accept: 'text/plain' } })).text();
  const figure = (name: string) =>
    Number(new RegExp(`^pulseboard_live_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return { queries: figure('queries'), turnSeconds: figure('turn_seconds_total') };
}

function cores(what: string, value: number, goal: number): Row {
  return { what, value: value.toFixed(2), goal: `< ${goal}`, isMet: value < goal };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function mib(bytes: number): string {
  return `${whole(bytes / 2 ** 20)} MiB`;
}

await (process.argv[2] === VIEWERS_ARGUMENT ? watchAs() : main());
