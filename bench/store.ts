import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sql } from 'postgres';
import { parseEnv } from '../lib/env';
import type { Aggregate } from '../lib/model/aggregates';
import { alignDown } from '../lib/model/points';
import type { SampleRows } from '../lib/model/samples';
import { DAY, HOUR, MINUTE, SECOND } from '../lib/model/time/duration';
import { openStore } from '../lib/store/open';
import type { Store } from '../lib/store/store';
import { openDatabase } from './support/database';
import { range, timed } from './support/median';
import { databaseCpuSeconds } from './support/processes';
import { below, milliseconds, printTable, type Row, row, whole } from './support/report';

/**
 * The store by itself, in this process, on an embedded database with the product's settings: how many samples a
 * second it commits, how quickly it answers from tables of a real size, what upkeep costs. Tables are filled with
 * SQL, since filling them sample by sample would take as long as the time they cover.
 */
const METRICS = 10;
const HOSTS = 1_000;
const PANELS = 12;
const IN_FLIGHT = 2;
const APPEND_MS = 8 * SECOND;
const UPKEEP_RATE = 100_000;

interface Bench {
  store: Store;
  sql: Sql;
  databasePid: number;
  now: number;
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulseboard-bench-'));
  const { store, close } = await openStore(
    parseEnv({ DATA_DIR: dataDir, RETENTION_RAW: 'forever' }),
    () => {},
  );
  const database = await openDatabase(dataDir);
  const bench: Bench = {
    store,
    sql: database.sql,
    databasePid: database.pid,
    now: alignDown(Date.now(), MINUTE),
  };
  const rows: Row[] = [];
  try {
    await store.upkeep.maintain(bench.now);
    rows.push(...(await measureQuestions(bench)));
    rows.push(...(await measureUpkeep(bench)));
    rows.push(...(await measureAppends(bench)));
  } finally {
    await database.close();
    await close();
    await rm(dataDir, { recursive: true, force: true });
  }
  printTable('Store (postgres engine, embedded)', rows);
}

/** A day of minute rollups of every series, then an hour of samples: every ten seconds, of one host every second. */
async function measureQuestions({ store, sql, now }: Bench): Promise<Row[]> {
  const series = await store.catalogue.ensure(
    range(METRICS * HOSTS).map((i) => ({
      metric: `metric_${i % METRICS}`,
      labels: { host: `host-${Math.floor(i / METRICS)}` },
    })),
  );
  const panels = await store.catalogue.ensure(
    range(PANELS).map((i) => ({ metric: `panel_${i}`, labels: { host: 'host-0' } })),
  );
  console.log(`Filling a day of minutes of ${whole(series.length)} series …`);
  await fillMinutes(sql, now - DAY, now - HOUR);
  await fillRaw(sql, `select id from series`, now - HOUR, now, 10 * SECOND);
  await fillRaw(
    sql,
    `select id from series where metric_id in (select id from metrics where name like 'panel%')`,
    now - HOUR,
    now,
    SECOND,
  );
  await store.upkeep.maintain(now);
  await sql`vacuum analyze`;

  const ofMetric = (name: string) => series.filter(({ metric }) => metric === name);
  const one = ofMetric('metric_3');
  const day = {
    metricId: one[0].metricId,
    wholeMetric: true,
    start: alignDown(now - DAY, MINUTE),
    end: now,
    step: MINUTE,
  };
  const all = [one.map(({ id }) => id)];
  const regions = range(5).map((region) => one.filter((_, i) => i % 5 === region).map(({ id }) => id));
  const ask = (groups: number[][], aggregates: Aggregate[], over: object = {}) =>
    timed(() => store.samples.readPoints({ ...day, groups, aggregates, ...over }));
  const title = `one metric of ${whole(HOSTS)} series (of ${whole(series.length)}), 24 h by the minute`;
  return [
    below(`${title}, average`, await ask(all, ['avg']), 500),
    below('the same, average, lowest and highest', await ask(all, ['avg', 'min', 'max']), 500),
    below('the same in 5 groups', await ask(regions, ['avg', 'min', 'max']), 500),
    plain('the same, rate', await ask(all, ['rate'])),
    plain('the same, newest value', await ask(all, ['last'])),
    plain("the same, sum of the series' averages", await ask(all, ['sum(avg)'])),
    plain(
      'a tenth of its series',
      await ask([all[0].filter((_, i) => i % 10 === 0)], ['avg'], { wholeMetric: false }),
    ),
    plain(
      'the same metric, 1 h by 10 s, raw',
      await ask(all, ['avg'], { start: now - HOUR, step: 10 * SECOND }),
    ),
    plain('the same, 95th percentile', await ask(all, ['p95'], { start: now - HOUR, step: 10 * SECOND })),
    plain(
      'the same, standard deviation',
      await ask(all, ['stddev'], { start: now - HOUR, step: 10 * SECOND }),
    ),
    below(
      `${PANELS} panels of one host at once, 1 h by 10 s from a sample a second`,
      await timed(() =>
        Promise.all(
          panels.map(({ id, metricId }) =>
            store.samples.readPoints({
              metricId,
              groups: [[id]],
              wholeMetric: true,
              aggregates: ['avg', 'min', 'max'],
              start: now - HOUR,
              end: now,
              step: 10 * SECOND,
            }),
          ),
        ),
      ),
      100,
    ),
  ];
}

/** A minute of samples at a high rate, then the round that rolls it up. */
async function measureUpkeep({ store, sql, databasePid, now }: Bench): Promise<Row[]> {
  const extra = UPKEEP_RATE - METRICS * HOSTS;
  await store.catalogue.ensure(
    range(extra).map((i) => ({ metric: `many_${i % METRICS}`, labels: { host: `host-${i}` } })),
  );
  const start = now + HOUR;
  await store.upkeep.maintain(start + 30 * SECOND);
  console.log(`Filling a minute of ${whole(UPKEEP_RATE)} samples a second …`);
  await fillRaw(sql, 'select id from series', start, start + MINUTE, SECOND);
  const began = performance.now();
  const cpuBefore = databaseCpuSeconds(databasePid);
  const { rolledUp } = await store.upkeep.maintain(start + MINUTE + 40 * SECOND);
  const cpuSeconds = databaseCpuSeconds(databasePid) - cpuBefore;
  const took = (performance.now() - began) / SECOND;
  return [
    {
      what: `upkeep of a minute of ${whole(UPKEEP_RATE)} samples a second (${whole(rolledUp.minute)} rows)`,
      value: `${cpuSeconds.toFixed(1)} s of a core, spread over ${took.toFixed(1)} s`,
    },
  ];
}

async function measureAppends({ store, now }: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  let at = now + 2 * HOUR;
  for (const seriesCount of [10_000, 100_000]) {
    for (const batch of [1_000, 10_000]) {
      const began = performance.now();
      let next = 0;
      let committed = 0;
      const waits: number[] = [];
      const writer = async () => {
        while (performance.now() - began < APPEND_MS) {
          const batchRows = rowsFrom(next, batch, seriesCount, at);
          next += batch;
          const sent = performance.now();
          await store.samples.append(batchRows);
          waits.push(performance.now() - sent);
          committed += batch;
        }
      };
      await Promise.all(range(IN_FLIGHT).map(writer));
      const rate = (committed / (performance.now() - began)) * SECOND;
      waits.sort((a, b) => a - b);
      rows.push({
        what: `appends of ${whole(batch)} rows, ${whole(seriesCount)} series, ${IN_FLIGHT} in flight`,
        value: `${whole(rate)} rows/s, median ${milliseconds(waits[waits.length >> 1])}`,
      });
      at += HOUR;
    }
  }
  return rows;
}

/** Series in turn, a second later after each turn, in the order the commit queue sends: by series. */
function rowsFrom(first: number, count: number, seriesCount: number, start: number): SampleRows {
  const numbers = range(count).map((i) => first + i);
  return {
    seriesIds: numbers.map((n) => (n % seriesCount) + 1),
    timestamps: numbers.map((n) => start + Math.floor(n / seriesCount) * SECOND),
    values: numbers.map((n) => (n % 997) / 7),
  };
}

async function fillMinutes(sql: Sql, from: number, to: number): Promise<void> {
  for (let day = alignDown(from, DAY); day < to; day += DAY)
    await sql`select ensure_partition('rollup_minute', to_timestamp(${day / 1000}::float8), '1 day')`;
  await sql`
    insert into rollup_minute (ts, metric_id, series_id, sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase)
    select t, s.metric_id, s.id, 600 * random(), random(), 10 * random(), 60, 0, 59000, 59000, 0, 59, 59
    from generate_series(to_timestamp(${from / 1000}::float8), to_timestamp(${to / 1000}::float8) - interval '1 minute', '1 minute') t,
      (select id, metric_id from series order by metric_id, id) s`;
  await sql`update rollup_state set minute_rolled = to_timestamp(${to / 1000}::float8), sealed = to_timestamp(${to / 1000}::float8)`;
}

async function fillRaw(sql: Sql, ids: string, from: number, to: number, everyMs: number): Promise<void> {
  for (let day = alignDown(from, DAY); day < to; day += DAY)
    await sql`select ensure_partition('samples', to_timestamp(${day / 1000}::float8), '1 day')`;
  await sql`
    insert into samples (series_id, ts, value)
    select s.id, t, date_part('epoch', t) - ${from / 1000}::float8
    from generate_series(to_timestamp(${from / 1000}::float8), to_timestamp(${to / 1000}::float8) - interval '1 ms', ${`${everyMs} ms`}::text::interval) t,
      (${sql.unsafe(ids)} order by id) s
    on conflict do nothing`;
}

function plain(what: string, ms: number): Row {
  return row(what, milliseconds(ms));
}

await main();
