import { DAY, HOUR, MINUTE, SECOND } from '../lib/model/time/duration';
import { backfill } from '../scripts/simulate/backfill';
import { createFleet } from '../scripts/simulate/fleet';
import { metricsOf } from '../scripts/simulate/metrics';
import { emptyTotals } from '../scripts/upload';
import { openDatabase } from './support/database';
import { answerTimes, below, printTable, type Row, whole } from './support/report';
import { type BenchServer, startServer } from './support/server';

/**
 * How quickly questions are answered: a fleet's day of one metric, one host's hour of everything, and how soon a
 * server with all that answers after its start.
 */
const SERVERS = 1_000;
const PANELS = 12;
const ROUNDS = 15;
/** Long enough for the rollups of what was loaded, which upkeep makes every few seconds. */
const ROLL_UP_LIMIT_MS = 5 * MINUTE;

async function main(): Promise<void> {
  let server = await startServer();
  const rows: Row[] = [];
  try {
    const host = await load(server.url);
    await rolledUp(server.dataDir);

    const day = `/api/metrics/cpu_usage_percent?start=now-24h&end=now&step=minute`;
    rows.push(
      await measure(server, `one metric of ${whole(SERVERS)} series, 24 h by the minute`, 500, day),
      await measure(server, 'the same by region', null, `${day}&by=region`),
      await measure(server, 'the same, average, lowest and highest', null, `${day}&aggregate=avg,min,max`),
      await measure(server, 'the same, 10 busiest hosts', null, `${day}&by=host&top=10`),
      await measure(server, `${PANELS} panels of one host, 1 h`, 100, '/api/query', panelsOf(host)),
      await measure(server, 'the page of that host', null, `/hosts/${host}`),
      await measure(server, 'the page of the fleet', null, '/'),
      await measure(server, 'the catalogue', null, '/api/metrics'),
    );
    server = await server.restart();
    rows.push(
      below(
        `start to first answer, ${whole(SERVERS * PANELS)} series known`,
        server.readyAfterMs,
        5 * SECOND,
      ),
    );
  } finally {
    await server.close();
  }
  printTable('History', rows);
}

/** A day of one metric, a sample a minute; then an hour of all metrics, every 30 s. @returns the name of one host */
async function load(url: string): Promise<string> {
  const now = Date.now();
  const oneMetric = createFleet({ servers: SERVERS, metrics: 1, seed: 1 });
  const allMetrics = createFleet({ servers: SERVERS, metrics: PANELS, seed: 1 });
  console.log(`Loading a day of ${whole(SERVERS)} servers …`);
  const totals = emptyTotals();
  await backfill({ fleet: oneMetric, url, start: now - DAY, end: now - HOUR, stepMs: MINUTE }, totals);
  await backfill({ fleet: allMetrics, url, start: now - HOUR, end: now, stepMs: 30 * SECOND }, totals);
  if (totals.rejected > 0) throw new Error(`The server rejected ${totals.rejected} samples.`);
  return allMetrics[0].host;
}

async function rolledUp(dataDir: string): Promise<void> {
  const database = await openDatabase(dataDir);
  const giveUpAt = Date.now() + ROLL_UP_LIMIT_MS;
  for (;;) {
    const [{ behind, stale }] = await database.sql`
      select date_part('epoch', now() - minute_rolled) as behind, (select count(*)::float8 from rollup_stale) as stale
      from rollup_state`;
    if (behind < 180 && stale === 0) break;
    if (Date.now() > giveUpAt) throw new Error(`Rollups are ${behind} s behind, ${stale} buckets are stale.`);
    await new Promise((resolve) => setTimeout(resolve, SECOND));
  }
  await database.close();
}

/** What the page of a host asks: every metric with its average inside its lowest and highest. */
function panelsOf(host: string) {
  const queries = metricsOf(PANELS).map(({ name, type }) => ({
    metric: name,
    start: 'now-1h',
    end: 'now',
    match: `{host="${host}"}`,
    aggregate: type === 'counter' ? 'rate' : 'avg,min,max',
  }));
  return { queries };
}

/** The median of some rounds; the first two are not counted, as a page's first visit is not the usual one. */
async function measure(
  { url }: BenchServer,
  what: string,
  goalMs: number | null,
  path: string,
  body?: object,
): Promise<Row> {
  const times: number[] = [];
  let size = 0;
  console.log(`Asking for ${what} …`);
  for (let round = -2; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const answer = await fetch(url + path, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok || text.includes('"error":'))
      throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 300)}`);
    if (round >= 0) times.push(performance.now() - startedAt);
    size = text.length;
  }
  return answerTimes(what, times, size, goalMs);
}

await main();
