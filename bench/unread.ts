import { connect, type Socket } from 'node:net';
import { SECOND } from '../lib/model/time/duration';
import { usageOf } from './support/processes';
import { printTable, type Row, whole } from './support/report';
import { type BenchServer, startServer } from './support/server';

/** What a server holds for clients that ask and never read, or never finish asking, and whether it comes back. */
const CLIENTS = 1_000;
const HOSTS = 1_000;
const SAMPLES = 300;
const MIB = 2 ** 20;
const WATCHED_MS = 20 * SECOND;
const LET_GO_MS = 40 * SECOND;

const QUERIES = ['avg', 'max', 'min', 'sum', 'last'].map((aggregate) =>
  new URLSearchParams({ metric: 'wide', by: 'host', step: '1s', start: 'now-5m', aggregate }).toString(),
);

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const [what, request] of [
    ['live streams', liveRequest],
    ['answers of history', historyRequest],
    ['answers of history as CSV', (i: number) => historyRequest(i, '&format=csv')],
    ['pages', () => get('/metrics/wide?by=host', 'text/html')],
    ['unfinished heads', () => 'GET /api/health HTTP/1.1\r\nx-one: 1\r\n'],
    ['unfinished bodies', unfinishedBody],
  ] as const)
    rows.push(...(await measure(what, request)));
  printTable(`${CLIENTS} clients that do not read`, rows);
}

async function measure(what: string, request: (i: number) => string): Promise<Row[]> {
  console.log(`${what} …`);
  const server = await startServer({ MAX_STREAMS_PER_ADDRESS: '10000' });
  try {
    await fill(server);
    const before = await settledMib(server);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => open(server, request(i))));
    let most = 0;
    const beganAt = Date.now();
    while (Date.now() - beganAt < WATCHED_MS) {
      most = Math.max(most, mibOf(server));
      await post(server, Date.now());
      await pause(200);
    }
    // A client that does not read does not notice that its connection was closed, either: what counts is what the
    // server holds.
    await pause(LET_GO_MS);
    const letGo = await settledMib(server);
    for (const socket of clients) socket.destroy();
    const after = await settledMib(server);
    const value = [before, most, letGo, after].map(whole).join(' → ');
    return [{ what: `${what}: memory before → most → let go by the server → clients gone, MiB`, value }];
  } finally {
    await server.close();
  }
}

function open({ port }: BenchServer, request: string): Promise<Socket> {
  return new Promise((resolve) => {
    // It reads its first 64 KiB by itself, and what the system takes; nothing more.
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.on('connect', () => socket.write(request, () => resolve(socket)));
  });
}

function liveRequest(i: number): string {
  const search = new URLSearchParams({ cursor: String(Date.now() - 120_000 - i) });
  for (const query of QUERIES) search.append('q', query);
  return get(`/api/live?${search}`);
}

function historyRequest(i: number, more = ''): string {
  return get(
    `/api/metrics/wide?by=host&step=1s&start=${Date.now() - 280_000 + i * 7}&end=${Date.now()}${more}`,
  );
}

function get(path: string, accept = '*/*'): string {
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: ${accept}\r\n\r\n`;
}

function unfinishedBody(): string {
  const head = 'POST /api/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';
  return `${head}content-length: 8000000\r\n\r\n[${' '.repeat(1_000_000)}`;
}

async function fill(server: BenchServer): Promise<void> {
  const now = Date.now();
  for (let i = SAMPLES; i > 0; i--) await post(server, now - i * SECOND);
}

async function post({ url }: BenchServer, timestamp: number): Promise<void> {
  const samples = Array.from({ length: HOSTS }, (_, i) => ({
    name: 'wide',
    value: Math.random() * 100,
    timestamp,
    labels: { host: `host-${i}` },
  }));
  const answer = await fetch(`${url}/api/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(samples),
  });
  await answer.text();
}

function mibOf({ pid }: BenchServer): number {
  return usageOf(pid).rssBytes / MIB;
}

/** After the garbage collector has had its time. */
async function settledMib(server: BenchServer): Promise<number> {
  for (let i = 0; i < 10; i++) {
    await post(server, Date.now());
    await pause(SECOND);
  }
  return mibOf(server);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

await main();
