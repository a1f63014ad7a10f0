-- The `timescale` engine: samples in a hypertable, rollups in continuous aggregates on top of each other.
--
-- No index and no unique constraint: with either, TimescaleDB cannot write compressed batches straight away, and an
-- append takes three times as long (docs/storage.md has the figures). append_samples sees to it that no sample is
-- stored twice.
--
-- Most measured values are decimals with few digits, which as binary fractions do not compress; as whole
-- thousandths they take a quarter of the room. A value is in the one column or in the other.
create table samples_packed (
  metric_id int not null,
  series_id int not null,
  ts timestamptz not null,
  value float8,
  thousandths int8
);
--> statement-breakpoint
select create_hypertable('samples_packed', by_range('ts', interval '1 hour'), create_default_indexes => false);
--> statement-breakpoint
-- A row of the columnstore holds up to 1,000 samples. One row a series would hold few where series are slow;
-- ordered by series, rows are full whatever the pace, and their bounds find a series as an index would.
alter table samples_packed set (
  timescaledb.enable_columnstore = true,
  timescaledb.segmentby = '',
  timescaledb.orderby = 'metric_id, series_id, ts'
);
--> statement-breakpoint
-- Division rounds to the nearest float64, as reading the decimal did: what comes out is what went in.
create function unpacked(value float8, thousandths int8) returns float8
language sql immutable parallel safe as $$ select coalesce(value, thousandths / 1000.0::float8) $$;
--> statement-breakpoint
create view samples as
select metric_id, series_id, ts, unpacked(value, thousandths) as value from samples_packed;
--> statement-breakpoint
-- As in the `postgres` engine: sums must not overflow, since a sum that fails would stop all upkeep.
create function summable(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e299 and 1e299 then value else value * 'Infinity' end;
--> statement-breakpoint
-- How far a counter has come from `previous` to `value`; a smaller value means that it began anew.
create function counted(value float8, previous float8) returns float8 immutable parallel safe language sql
return case when value >= previous then summable(value) - summable(previous) else summable(value) end;
--> statement-breakpoint
-- What a counter counted over these values of one minute, `summable` and in the order of time. A function over all
-- values of a row, since continuous aggregates know no window functions; it costs a tenth of a refresh. A refresh
-- finds nothing but what is built in, so this calls none of our own functions.
create function increase_of_samples(vals float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  total float8 := 0;
  previous float8;
  current float8;
begin
  foreach current in array vals loop
    if previous is not null then
      total := total + case when current >= previous then current - previous else current end;
    end if;
    previous := current;
  end loop;
  return total;
end
$$;
--> statement-breakpoint
-- Joins rows of a finer rollup, each [first_ms, last_ms, elapsed_ms, first, last, increase] with both times counted
-- from one origin and the values `summable`, into [elapsed_ms, increase]. Across more than five minutes without
-- samples nothing is counted.
create function increase_of_rows(parts float8[]) returns float8[]
language plpgsql immutable strict parallel safe as $$
declare
  elapsed float8 := 0;
  total float8 := 0;
  part float8[];
  previous_ms float8;
  previous float8;
begin
  foreach part slice 1 in array parts loop
    if part[1] - previous_ms <= 300000 then
      elapsed := elapsed + part[1] - previous_ms;
      total := total + case when part[4] >= previous then part[4] - previous else part[4] end;
    end if;
    elapsed := elapsed + part[3];
    total := total + part[6];
    previous_ms := part[2];
    previous := part[5];
  end loop;
  return array[elapsed, total];
end
$$;
--> statement-breakpoint
create function ms_between(earlier timestamptz, later timestamptz) returns int
language sql immutable parallel safe as $$ select round(extract(epoch from later - earlier) * 1000)::int $$;
--> statement-breakpoint
-- The same columns as the tables of the `postgres` engine. Materialised only: a read adds what is not materialised
-- yet itself, because it also has to leave out what late samples have changed since.
create materialized view rollup_minute with (timescaledb.continuous, timescaledb.materialized_only = true) as
select
  time_bucket('1 minute', s.ts) as ts,
  metric_id,
  series_id,
  sum(summable(unpacked(value, thousandths))) as sum,
  min(unpacked(value, thousandths)) as min,
  max(unpacked(value, thousandths)) as max,
  count(*)::int as count,
  ms_between(time_bucket('1 minute', s.ts), min(s.ts)) as first_ms,
  ms_between(time_bucket('1 minute', s.ts), max(s.ts)) as last_ms,
  ms_between(min(s.ts), max(s.ts)) as elapsed_ms,
  first(unpacked(value, thousandths), s.ts) as first,
  last(unpacked(value, thousandths), s.ts) as last,
  increase_of_samples(array_agg(summable(unpacked(value, thousandths)) order by s.ts)) as increase
from samples_packed s
group by 1, 2, 3
with no data;
--> statement-breakpoint
create materialized view rollup_hour with (timescaledb.continuous, timescaledb.materialized_only = true) as
select
  time_bucket('1 hour', m.ts) as ts,
  metric_id,
  series_id,
  sum(m.sum) as sum,
  min(m.min) as min,
  max(m.max) as max,
  sum(m.count)::int as count,
  first(ms_between(time_bucket('1 hour', m.ts), m.ts) + m.first_ms, m.ts) as first_ms,
  last(ms_between(time_bucket('1 hour', m.ts), m.ts) + m.last_ms, m.ts) as last_ms,
  (increase_of_rows(array_agg(array[
    ms_between(time_bucket('1 hour', m.ts), m.ts) + m.first_ms,
    ms_between(time_bucket('1 hour', m.ts), m.ts) + m.last_ms,
    m.elapsed_ms, summable(m.first), summable(m.last), m.increase
  ] order by m.ts)))[1]::int as elapsed_ms,
  first(m.first, m.ts) as first,
  last(m.last, m.ts) as last,
  (increase_of_rows(array_agg(array[
    ms_between(time_bucket('1 hour', m.ts), m.ts) + m.first_ms,
    ms_between(time_bucket('1 hour', m.ts), m.ts) + m.last_ms,
    m.elapsed_ms, summable(m.first), summable(m.last), m.increase
  ] order by m.ts)))[2] as increase
from rollup_minute m
group by 1, 2, 3
with no data;
--> statement-breakpoint
create materialized view rollup_day with (timescaledb.continuous, timescaledb.materialized_only = true) as
select
  time_bucket('1 day', h.ts) as ts,
  metric_id,
  series_id,
  sum(h.sum) as sum,
  min(h.min) as min,
  max(h.max) as max,
  sum(h.count)::int as count,
  first(ms_between(time_bucket('1 day', h.ts), h.ts) + h.first_ms, h.ts) as first_ms,
  last(ms_between(time_bucket('1 day', h.ts), h.ts) + h.last_ms, h.ts) as last_ms,
  (increase_of_rows(array_agg(array[
    ms_between(time_bucket('1 day', h.ts), h.ts) + h.first_ms,
    ms_between(time_bucket('1 day', h.ts), h.ts) + h.last_ms,
    h.elapsed_ms, summable(h.first), summable(h.last), h.increase
  ] order by h.ts)))[1]::int as elapsed_ms,
  first(h.first, h.ts) as first,
  last(h.last, h.ts) as last,
  (increase_of_rows(array_agg(array[
    ms_between(time_bucket('1 day', h.ts), h.ts) + h.first_ms,
    ms_between(time_bucket('1 day', h.ts), h.ts) + h.last_ms,
    h.elapsed_ms, summable(h.first), summable(h.last), h.increase
  ] order by h.ts)))[2] as increase
from rollup_hour h
group by 1, 2, 3
with no data;
