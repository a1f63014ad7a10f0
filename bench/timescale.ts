import type { Sql } from 'postgres';
import { parseEnv } from '../lib/env';
import type { Aggregate } from '../lib/model/aggregates';
import { alignDown } from '../lib/model/points';
import type { SampleRows } from '../lib/model/samples';
import { DAY, HOUR, MINUTE, SECOND } from '../lib/model/time/duration';
import { connect } from '../lib/store/connection';
import { type OpenStore, openStore } from '../lib/store/open';
import type { Engine, Store } from '../lib/store/store';
import { createFleet } from '../scripts/simulate/fleet';
import { findTimescaleBinaries } from '../test/support/timescale-binaries';
import { startTimescaleServer } from '../test/support/timescale-server';
import { atLeast, below, milliseconds, printTable, type Row, whole } from './support/report';

/**
 * The two engines side by side on one server, with the same durability: how many samples a second they commit;
 * then, on TimescaleDB, how quickly long ranges are answered and what a sample takes on disk.
 */
const IN_FLIGHT = 2;
const ROUND_MS = 4 * SECOND;
const ROUNDS = 3;
const SERIES = 10_000;
const METRICS = 4;
const HOSTS = 1_000;
const FLEET = { servers: 1_000, metrics: 10, seed: 1 };
const FLEET_STEP_MS = 10 * SECOND;
const FLEET_LENGTH_MS = HOUR;
/** Of several rows written beside each other the goal is a ratio, in hundredths. */
const PERCENT = 100;

async function main(): Promise<void> {
  const binaries = findTimescaleBinaries();
  if (!binaries) {
    console.log('timescale: skipped, extension not installed');
    return;
  }
  const server = await startTimescaleServer(binaries);
  const stores: Partial<Record<Engine, OpenStore>> = {};
  try {
    for (const engine of ['postgres', 'timescale'] as const)
      stores[engine] = await openStore(
        parseEnv({
          DATABASE_URL: await makeDatabase(server.url, `bench_${engine}`),
          STORE_ENGINE: engine,
          RETENTION_RAW: '7d',
        }),
        () => {},
      );
    const { postgres, timescale } = stores as Record<Engine, OpenStore>;
    const now = alignDown(Date.now(), HOUR);
    const rows = await measureAppends(postgres.store, timescale.store, now);
    rows.push(...(await measureDisk(timescale.store, databaseOf(server.url, 'bench_timescale'), now)));
    rows.push(...(await measureHistory(timescale.store, databaseOf(server.url, 'bench_timescale'), now)));
    printTable('TimescaleDB', rows);
  } finally {
    await Promise.all(Object.values(stores).map(({ close }) => close()));
    await server.close();
  }
}

/** The engines in turn, so that both have the same share of whatever else the machine does. */
async function measureAppends(postgres: Store, timescale: Store, now: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const store of [postgres, timescale])
    await store.catalogue.ensure(
      range(SERIES).map((i) => ({
        metric: `append_${i % 10}`,
        labels: { host: `host-${Math.floor(i / 10)}` },
      })),
    );
  // Time goes on from one round to the next, as it does.
  let at = now - HOUR;
  for (const batch of [10_000, 2_000]) {
    const rates = new Map<Store, number[]>([
      [postgres, []],
      [timescale, []],
    ]);
    for (const round of range(ROUNDS + 1))
      for (const [store, measured] of rates) {
        const rate = await appendFor(store, at, batch);
        at += MINUTE;
        // The first one fills caches and makes partitions.
        if (round > 0) measured.push(rate);
      }
    const [plain, columns] = [...rates.values()].map(median);
    rows.push(
      row(`appends of ${whole(batch)} rows, ${IN_FLIGHT} in flight, postgres`, `${whole(plain)} rows/s`),
      row('the same, timescale', `${whole(columns)} rows/s`),
      atLeast('the second as a share of the first', (columns / plain) * PERCENT, 2 * PERCENT, '%'),
    );
  }
  return rows;
}

async function appendFor(store: Store, start: number, batch: number): Promise<number> {
  const began = performance.now();
  let next = 0;
  let committed = 0;
  const writer = async () => {
    while (performance.now() - began < ROUND_MS) {
      const rows = rowsFrom(next, batch, start);
      next += batch;
      await store.samples.append(rows);
      committed += batch;
    }
  };
  await Promise.all(range(IN_FLIGHT).map(writer));
  return (committed / (performance.now() - began)) * SECOND;
}

/** Series in turn, a second later after each turn, in the order the commit queue sends: by series. */
function rowsFrom(first: number, count: number, start: number): SampleRows {
  const at = (i: number) => first + i;
  return {
    seriesIds: range(count).map((i) => (at(i) % SERIES) + 1),
    timestamps: range(count).map((i) => start + Math.floor(at(i) / SERIES)),
    values: range(count).map((i) => (at(i) % 997) / 8),
  };
}

/** An hour of a simulated fleet through the front door, then what it takes once it is in order; and questions to it. */
async function measureDisk(store: Store, url: string, now: number): Promise<Row[]> {
  const { sql } = connect(url, {});
  try {
    // Hours of their own, so that nothing else lies in their chunks.
    const start = now - 6 * HOUR;
    console.log(`Simulating ${whole(FLEET_LENGTH_MS / MINUTE)} minutes of ${whole(FLEET.servers)} servers …`);
    await playFleet(store, start, start + FLEET_LENGTH_MS);
    const size = async () => {
      const [{ bytes, samples }] = await sql`
        select (select sum(total_bytes)::float8 from chunks_detailed_size('samples_packed') join timescaledb_information.chunks using (chunk_schema, chunk_name)
          where range_start >= to_timestamp(${start / 1000}::float8) and range_end <= to_timestamp(${(start + FLEET_LENGTH_MS) / 1000}::float8)) as bytes,
        (select count(*)::float8 from samples where ts >= to_timestamp(${start / 1000}::float8) and ts < to_timestamp(${(start + FLEET_LENGTH_MS) / 1000}::float8)) as samples`;
      return { perSample: bytes / samples, samples };
    };
    const before = await size();
    for (let done = false; !done; )
      done = (await store.upkeep.maintain(now + 10 * MINUTE)).rolledUpTo >= now + 8 * MINUTE;
    await store.upkeep.maintain(now + 10 * MINUTE);
    const after = await size();
    const rollups = await sql`
      select view_name as name, hypertable_size(format('%I', view_name)::regclass)::float8 as bytes from timescaledb_information.continuous_aggregates`;
    return [
      row(
        `on disk as appended, ${whole(after.samples)} samples`,
        `${before.perSample.toFixed(1)} B a sample`,
      ),
      {
        ...row('on disk in order', `${after.perSample.toFixed(2)} B a sample`),
        goal: '< 4 B',
        isMet: after.perSample < 4,
      },
      ...rollups.map(({ name, bytes }) =>
        row(`${name} on disk, not packed yet`, `${whole(bytes / 2 ** 20)} MiB`),
      ),
      below('12 series, 1 h by 10 s, raw', await timePanels(store, start), 100),
    ];
  } finally {
    await sql.end();
  }
}

async function playFleet(store: Store, start: number, end: number): Promise<void> {
  const fleet = createFleet(FLEET);
  const ids = new Map<string, number>();
  for (let at = start; at < end; at += FLEET_STEP_MS) {
    for (let first = 0; first < fleet.length; first += 200) {
      const batches = fleet
        .slice(first, first + 200)
        .flatMap((server) => server.report(at + server.phaseMs(FLEET_STEP_MS)) ?? []);
      const samples = batches.flatMap(({ host, timestamp, labels, samples: all }) =>
        all.map(({ name, value, labels: own }) => ({
          identity: { metric: name, labels: { host, ...labels, ...own } },
          key: `${name} ${host} ${JSON.stringify(own ?? {})}`,
          timestamp,
          value,
        })),
      );
      const unknown = samples.filter(({ key }) => !ids.has(key));
      const stored = await store.catalogue.ensure(unknown.map(({ identity }) => identity));
      unknown.forEach(({ key }, i) => {
        ids.set(key, stored[i].id);
      });
      const rows = samples
        .map(({ key, timestamp, value }) => [ids.get(key) as number, timestamp, value] as const)
        .toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
      await store.samples.append({
        seriesIds: rows.map(([id]) => id),
        timestamps: rows.map(([, t]) => t),
        values: rows.map(([, , value]) => value),
      });
    }
  }
}

async function timePanels(store: Store, start: number): Promise<number> {
  const all = [];
  for await (const page of store.catalogue.load()) all.push(...page);
  const { host } = all[all.length - 1].labels;
  const panels = all.filter(({ labels }) => labels.host === host).slice(0, 12);
  return timed(() =>
    Promise.all(
      panels.map(({ id, metricId }) =>
        store.samples.readPoints({
          metricId,
          groups: [[id]],
          wholeMetric: false,
          aggregates: ['avg', 'min', 'max'],
          start,
          end: start + HOUR,
          step: 10 * SECOND,
        }),
      ),
    ),
  );
}

/** Rows of rollups written straight to where a refresh puts them, since a year cannot be waited for. */
async function measureHistory(store: Store, url: string, now: number): Promise<Row[]> {
  const { sql } = connect(url, {});
  try {
    const series = await store.catalogue.ensure(
      range(METRICS * HOSTS).map((i) => ({
        metric: `history_${i % METRICS}`,
        labels: { host: `host-${Math.floor(i / METRICS)}` },
      })),
    );
    console.log(`Filling 30 days of hours and a year of days of ${whole(series.length)} series …`);
    const today = alignDown(now, DAY);
    await fill(sql, 'rollup_hour', 'history_%', today - 30 * DAY, today, HOUR);
    await fill(sql, 'rollup_day', 'history_0', today - 365 * DAY, today, DAY);
    await sql`vacuum analyze`;

    const one = series.filter(({ metric }) => metric === 'history_0');
    const ids = one.map(({ id }) => id);
    const hours = { start: today - 30 * DAY, end: today, step: HOUR };
    const days = { start: today - 365 * DAY, end: today, step: DAY };
    const ask = (groups: number[][], aggregates: Aggregate[], over: object, wholeMetric = true) =>
      timed(() =>
        store.samples.readPoints({
          metricId: one[0].metricId,
          groups,
          aggregates,
          wholeMetric,
          ...hours,
          ...over,
        }),
      );
    const regions = range(5).map((region) => ids.filter((_, i) => i % 5 === region));
    return [
      below(`30 days by the hour, ${whole(HOSTS)} series, average`, await ask([ids], ['avg'], hours), 200),
      below('the same, average, lowest and highest', await ask([ids], ['avg', 'min', 'max'], hours), 200),
      row('the same in 5 groups', milliseconds(await ask(regions, ['avg', 'min', 'max'], hours))),
      row('the same, rate', milliseconds(await ask([ids], ['rate'], hours))),
      below(
        'a year by the day, 100 series, average',
        await ask([ids.slice(0, 100)], ['avg'], days, false),
        100,
      ),
      row(
        'the same, a line for each series',
        milliseconds(
          await ask(
            ids.slice(0, 100).map((id) => [id]),
            ['avg', 'min', 'max'],
            days,
            false,
          ),
        ),
      ),
    ];
  } finally {
    await sql.end();
  }
}

async function fill(
  sql: Sql,
  relation: 'rollup_hour' | 'rollup_day',
  metrics: string,
  from: number,
  to: number,
  stepMs: number,
): Promise<void> {
  const [{ table }] = await sql`
    select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) as table
    from timescaledb_information.continuous_aggregates where view_name = ${relation}`;
  await sql.unsafe(
    `insert into ${table} (ts, metric_id, series_id, sum, min, max, count, first_ms, last_ms, elapsed_ms, first, last, increase)
     select t, s.metric_id, s.id, 3600 * random(), random(), 10 * random(), 360, 0, $4::float8 - 10000, $4::float8 - 10000, random(), random(), 59
     from generate_series(to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000) - interval '1 second', $4::float8 * interval '1 ms') t,
       (select s.id, s.metric_id from series s join metrics m on m.id = s.metric_id where m.name like $1 order by s.metric_id, s.id) s`,
    [metrics, from, to, stepMs],
  );
  // What the database's own job does with chunks that are older than it waits for.
  await sql`
    select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass) from timescaledb_information.chunks
    where format('%I.%I', hypertable_schema, hypertable_name) = ${table} and not is_compressed
      and range_end < now() - (select (config->>'compress_after')::interval from timescaledb_information.jobs
        where proc_name = 'policy_compression' and hypertable_name in (${relation}, ${String(table).split('.')[1]}))`;
  // Not back from where upkeep has got to.
  await sql`update rollup_state set ${sql(`${relation.slice(7)}_rolled`)} = greatest(${sql(`${relation.slice(7)}_rolled`)}, to_timestamp(${to / 1000}::float8))`;
}

async function makeDatabase(server: string, name: string): Promise<string> {
  const { sql } = connect(server, {});
  await sql`create database ${sql(name)}`;
  await sql.end();
  return databaseOf(server, name);
}

function databaseOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}

/** The median of some rounds after two that are not counted, ms. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (const round of range(12)) {
    const began = performance.now();
    await work();
    if (round >= 2) times.push(performance.now() - began);
  }
  return median(times);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

function row(what: string, value: string): Row {
  return { what, value };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

await main();
