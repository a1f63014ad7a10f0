import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { SECOND } from '../lib/model/time/duration';
import { below, milliseconds, printTable, type Row } from './support/report';
import { type BenchServer, startServer } from './support/server';
import { openReader } from './support/viewers';

/** Whether anybody who may look can make everyone else wait: requests that ask for as much as they may. */
const SERIES = 200_000;
const SAMPLES_A_SERIES = 6;
const SERIES_A_POST = 5_000;
const LABELLED_SERIES = 20_000;
/** How long the event loop may be held in one go, and how long anybody else's request may take meanwhile. */
const LONGEST_STRETCH_MS = 50;

interface Attack {
  what: string;
  make(server: BenchServer): Promise<string>;
}

const batch = (count: number, query: (i: number) => Record<string, unknown>): Attack['make'] => {
  const queries = Array.from({ length: count }, (_, i) => ({ metric: 'wide', ...query(i) }));
  return (server) => send(server, 'POST', '/api/query', JSON.stringify({ queries }));
};
const get =
  (path: string, headers = {}): Attack['make'] =>
  (server) =>
    send(server, 'GET', path, null, headers);
const slow = (i: number) => `{path=~"(?:a?){500}(?:a?){490}.*${i}"}`;
const large = (i: number) => `{path=~"${'.{1000}'.repeat(1_100)}${i}"}`;
const questionOfLabels = `by=${Array.from({ length: 30 }, (_, i) => `l${i}`).join()}&top=10`;

const ATTACKS: Attack[] = [
  { what: '50 slow expressions', make: batch(50, (i) => ({ match: slow(i) })) },
  { what: '50 expressions of a million instructions', make: batch(50, (i) => ({ match: large(i) })) },
  { what: '50 expressions that match nothing', make: batch(50, (i) => ({ match: `{path=~"x.*${i}"}` })) },
  { what: '50 refusals', make: batch(50, (i) => ({ by: 'host', start: `now-${i + 1}m` })) },
  {
    what: '50 percentiles',
    make: batch(50, (i) => ({ aggregate: 'p99', start: 'now-5m', step: `${i + 1}s` })),
  },
  { what: '50 sums', make: batch(50, (i) => ({ aggregate: 'sum', start: 'now-5m', step: `${i + 1}s` })) },
  {
    what: '200 matchers',
    make: batch(50, (i) => ({ match: `{${Array.from({ length: 60 }, (_, k) => `l${k}!="${i}"`)}}` })),
  },
  { what: 'top 1000 of 50,000 groups', make: get('/api/metrics/grouped?by=host&top=1000&start=now-5m') },
  { what: '30 labels to group by', make: get(`/api/metrics/labelled?${questionOfLabels}&start=now-5m`) },
  {
    what: 'CSV of all samples of 1,000 hosts',
    make: get(
      `/api/metrics/grouped?${new URLSearchParams({ by: 'host', match: '{tenth="1"}', start: 'now-5m', step: '1s', format: 'csv' })}`,
    ),
  },
  { what: 'series, searched', make: get(`/api/series?${new URLSearchParams({ match: slow(1) })}`) },
  { what: 'metrics, searched', make: get(`/api/metrics?search=${'a+'.repeat(1_000)}`) },
  { what: 'the fleet', make: get('/api/fleet') },
  {
    what: 'hosts, searched',
    make: get(`/api/hosts?${new URLSearchParams({ match: '{host=~".*9"}', sort: '-seen' })}`),
  },
  { what: 'the map of hosts', make: get('/api/fleet/map') },
  { what: 'labels of hosts', make: get('/api/fleet/labels') },
  { what: 'the page of the fleet', make: get('/', { accept: 'text/html' }) },
  { what: 'the page of metrics', make: get('/metrics', { accept: 'text/html' }) },
  { what: 'the page of a metric', make: get('/metrics/wide?by=host&top=1000', { accept: 'text/html' }) },
  {
    what: 'a stream of 64 slow expressions',
    make: (server) => watch(server, (i) => ({ match: slow(i) })),
  },
  {
    what: 'a stream of 64 percentiles',
    make: (server) => watch(server, (i) => ({ aggregate: 'p99', start: 'now-5m', step: `${i + 1}s` })),
  },
  {
    what: '100 people ask for 12 sums',
    make: async (server) => {
      const ask = batch(12, (i) => ({ aggregate: 'sum', start: 'now-5m', step: `${i + 1}s` }));
      const answers = await Promise.all(Array.from({ length: 100 }, () => ask(server)));
      return [...new Set(answers)].join(', ');
    },
  },
];

async function main(): Promise<void> {
  const server = await startServer({ RING_MAX_BYTES: '2GiB' });
  const rows: Row[] = [];
  try {
    await fill(server);
    for (const { what, make } of ATTACKS) {
      console.log(`${what} …`);
      rows.push(...(await measure(server, what, make)));
    }
  } finally {
    await server.close();
  }
  printTable(`Stalls, ${SERIES} series`, rows);
}

async function measure(server: BenchServer, what: string, make: Attack['make']): Promise<Row[]> {
  await settle();
  await longestStretch(server);
  const others = watchOthers(server);
  const beganAt = performance.now();
  const answer = await make(server);
  const tookMs = performance.now() - beganAt;
  const slowest = await others.stop();
  const stretchMs = await longestStretch(server);
  return [
    stretchMs === null
      ? { what, value: `answer after ${milliseconds(tookMs)}: ${answer}` }
      : below(
          `${what}: event loop held (answer after ${milliseconds(tookMs)}: ${answer})`,
          stretchMs,
          LONGEST_STRETCH_MS,
        ),
    { what: `${what}: slowest request and POST of others`, value: slowest },
  ];
}

/** Asks for little, and posts, again and again. */
function watchOthers(server: BenchServer) {
  const agent = new Agent({ keepAlive: true });
  let isOver = false;
  const worst = { asked: 0, posted: 0 };
  const again = async (kind: keyof typeof worst, one: () => Promise<string>) => {
    while (!isOver) {
      const beganAt = performance.now();
      await one();
      worst[kind] = Math.max(worst[kind], performance.now() - beganAt);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const sample = () => JSON.stringify({ name: 'beside', value: 1, timestamp: Date.now() });
  const running = [
    // Refused by the plain server at once.
    again('asked', () => send(server, 'GET', '/api/live', null, {}, agent)),
    again('posted', () => send(server, 'POST', '/api/metrics', sample(), {}, agent)),
  ];
  return {
    async stop() {
      isOver = true;
      await Promise.all(running);
      agent.destroy();
      return `${milliseconds(worst.asked)}, ${milliseconds(worst.posted)}`;
    },
  };
}

/** Since the last look, ms, less what the timer that measures it takes itself; null where the server does not say. */
async function longestStretch({ url }: BenchServer): Promise<number | null> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = /^nodejs_eventloop_lag_seconds\{quantile="1"\} (\S+)$/m.exec(text);
  return found ? Number(found[1]) * SECOND - 10 : null;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2 * SECOND));
}

async function watch(server: BenchServer, query: (i: number) => Record<string, string>): Promise<string> {
  const search = new URLSearchParams({ cursor: String(Date.now()) });
  for (let i = 0; i < 64; i++)
    search.append('q', new URLSearchParams({ metric: 'wide', ...query(i) }).toString());
  try {
    const close = await openReader(server.port, `/api/live?${search}`, () => {});
    const beganAt = Date.now();
    while (Date.now() - beganAt < 10 * SECOND) await post(server, 'wide', 0, 1_000, Date.now());
    close();
    return 'open for 10 s';
  } catch (error) {
    return String(error);
  }
}

async function fill(server: BenchServer): Promise<void> {
  console.log(`${SERIES} series of ${SAMPLES_A_SERIES} samples …`);
  const now = Date.now();
  for (let sample = 0; sample < SAMPLES_A_SERIES; sample++) {
    const timestamp = now - (SAMPLES_A_SERIES - sample) * 10 * SECOND;
    for (let from = 0; from < SERIES; from += SERIES_A_POST)
      await post(server, 'wide', from, Math.min(SERIES_A_POST, SERIES - from), timestamp);
    for (let from = 0; from < 50_000; from += SERIES_A_POST)
      await post(server, 'grouped', from, SERIES_A_POST, timestamp);
  }
  for (let from = 0; from < LABELLED_SERIES; from += 1_000)
    await post(server, 'labelled', from, 1_000, now - 5_000);
}

async function post(
  server: BenchServer,
  name: string,
  from: number,
  count: number,
  timestamp: number,
): Promise<void> {
  const samples = Array.from({ length: count }, (_, k) => {
    const i = from + k;
    return { name, value: i, timestamp, labels: labelsOf(name, i) };
  });
  const answer = await send(server, 'POST', '/api/metrics', JSON.stringify(samples));
  if (answer !== '200') throw new Error(`A POST was answered with ${answer}.`);
}

function labelsOf(name: string, i: number): Record<string, string> {
  if (name === 'labelled')
    return Object.fromEntries(Array.from({ length: 30 }, (_, k) => [`l${k}`, `${i}-${k}`]));
  if (name === 'grouped') return { host: `host-${i}`, tenth: String(i % 50) };
  return { host: `host-${i}`, path: `${'a'.repeat(150)}${i}` };
}

/** @returns the status of the answer, and what else it says in short. */
async function send(
  { port }: BenchServer,
  method: string,
  path: string,
  body: string | null,
  headers: Record<string, string> = {},
  agent?: Agent,
): Promise<string> {
  const outgoing = request({
    port,
    method,
    path,
    agent: agent ?? false,
    headers: body === null ? headers : { 'content-type': 'application/json', ...headers },
  });
  outgoing.end(body ?? undefined);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  let bytes = 0;
  const codes = new Map<string, number>();
  for await (const chunk of response.setEncoding('utf8')) {
    bytes += chunk.length;
    for (const [, code] of chunk.matchAll(/"code":"(\w+)"/g)) codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const said = [...codes].map(([code, count]) => `${count} ${code}`);
  if (bytes > 100_000) said.push(`${Math.round(bytes / 1_000)} kB`);
  return said.length > 0 && path !== '/api/live'
    ? `${response.statusCode} (${said.join(', ')})`
    : String(response.statusCode);
}

await main();
