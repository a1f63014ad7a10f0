import type { Sql } from 'postgres';
import type { Aggregate } from '../../lib/model/aggregates';
import { alignDown } from '../../lib/model/points';
import { DAY, HOUR } from '../../lib/model/time/duration';
import { connect } from '../../lib/store/connection';
import type { Store } from '../../lib/store/store';
import { range, timed } from '../support/median';
import { below, milliseconds, type Row, row, whole } from '../support/report';

const METRICS = 4;
const HOSTS = 1_000;

/** Rows of rollups written straight to where a refresh puts them, since a year cannot be waited for. */
export async function measureHistory(store: Store, url: string, now: number): Promise<Row[]> {
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
