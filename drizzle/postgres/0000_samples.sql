-- The `postgres` engine: samples and rollups in range partitions by time. Partitions are made by
-- ensure_partition, there is no default one: it would have to be searched whenever another is attached.
create table samples (
  ts timestamptz not null,
  value float8 not null,
  series_id int not null,
  primary key (series_id, ts)
) partition by range (ts);
--> statement-breakpoint
-- Samples arrive nearly in the order of time, so a summary of every 32 pages finds a minute of all series.
create index samples_ts on samples using brin (ts) with (pages_per_range = 32, autosummarize = on);
--> statement-breakpoint
-- One row a series and minute that has samples. The widest columns first, then what most questions need: a row
-- takes 104 bytes. Milliseconds count from the row's `ts`.
--   increase    sum of the reset-aware differences between neighbours within the row, but not across a pause
--               of more than five minutes; elapsed_ms the time those differences took
create table rollup_minute (
  ts timestamptz not null,
  metric_id int not null,
  series_id int not null,
  sum float8 not null,
  min float8 not null,
  max float8 not null,
  count int not null,
  first_ms int not null,
  last_ms int not null,
  elapsed_ms int not null,
  first float8 not null,
  last float8 not null,
  increase float8 not null,
  primary key (series_id, ts)
) partition by range (ts);
--> statement-breakpoint
create index rollup_minute_metric on rollup_minute (metric_id, ts);
--> statement-breakpoint
create table rollup_hour (like rollup_minute including all) partition by range (ts);
--> statement-breakpoint
create table rollup_day (like rollup_minute including all) partition by range (ts);
--> statement-breakpoint
-- How far the rollups have got. They are made of raw samples, hours of minutes, days of hours.
--   sealed       every append that was not told so has ended: older samples from now on log themselves as late
--   *_rolled     the rollups hold everything before this, except what rollup_stale names
--   raw_from     raw samples from before this have been dropped: what comes from then is too late to count
create table rollup_state (
  singleton boolean primary key default true check (singleton),
  sealed timestamptz not null default 'epoch',
  minute_rolled timestamptz not null default 'epoch',
  hour_rolled timestamptz not null default 'epoch',
  day_rolled timestamptz not null default 'epoch',
  raw_from timestamptz not null default '-infinity'
);
--> statement-breakpoint
insert into rollup_state default values;
--> statement-breakpoint
-- What late samples have changed: rows of the rollups to be made again, and with each the coarser ones above it.
-- Append-only and without a unique key: an entry written while its likes are being worked off is a new entry,
-- never a conflict with one that is about to go.
create table rollup_stale (
  tier text not null check (tier in ('minute', 'hour', 'day')),
  series_id int not null,
  ts timestamptz not null
);
--> statement-breakpoint
create index rollup_stale_series on rollup_stale (series_id, ts);
--> statement-breakpoint
-- PostgreSQL refuses to add float64s to more than float64 holds, which would let two absurd samples end every
-- question and rollup about them. Beyond 1e299 (a thousand million of those still fit) values count as infinite.
create function summable(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e299 and 1e299 then value else value * 'Infinity' end;
--> statement-breakpoint
-- How far a counter has come from `previous` to `value`; a smaller value means that it began anew.
create function counted(value float8, previous float8) returns float8 immutable parallel safe language sql
return case when value >= previous then summable(value) - summable(previous) else summable(value) end;
--> statement-breakpoint
-- Makes the partition of `parent` that holds `at`, `width` wide and aligned to the epoch; false when it is there.
-- Made apart and then attached: `create table … partition of` would lock readers and writers out of `parent`.
create function ensure_partition(parent text, at timestamptz, width interval) returns boolean
language plpgsql as $$
declare
  lower_bound timestamptz := date_bin(width, at, 'epoch');
  name text := format('%s_%s', parent, to_char(lower_bound at time zone 'UTC', 'YYYYMMDD'));
begin
  -- Asked of the catalogue's table: to_regclass looks into a cache that does not learn while we wait for the lock.
  if exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = parent::regclass and c.relname = name) then
    return false;
  end if;
  perform pg_advisory_xact_lock(1886743667, 3);
  if exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = parent::regclass and c.relname = name) then
    return false;
  end if;
  execute format('create table %I (like %I including all)', name, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, name, lower_bound, lower_bound + width);
  return true;
end
$$;
--> statement-breakpoint
-- Stores samples, `times` in epoch ms; rows must be unique by (series, time).
-- Returns the positions, from 1, of those that were there already.
create function append_samples(ids int[], times float8[], vals float8[]) returns int[]
language plpgsql as $$
declare
  inserted bigint;
  duplicates int[] := '{}';
  state rollup_state;
begin
  -- Whoever seals waits for all appends that may not have seen the new mark.
  perform pg_advisory_xact_lock_shared(1886743667, 1);

  insert into samples (series_id, ts, value)
  select id, to_timestamp(time / 1000), value from unnest(ids, times, vals) as given(id, time, value)
  on conflict do nothing;
  get diagnostics inserted = row_count;

  if inserted < cardinality(ids) then
    -- What stands there and is not of this transaction was there before it.
    select array_agg(given.position::int) into duplicates
    from unnest(ids, times) with ordinality as given(id, time, position)
    join samples s on s.series_id = given.id and s.ts = to_timestamp(given.time / 1000)
    where s.xmin <> pg_current_xact_id()::xid;
    if inserted = 0 then
      return duplicates;
    end if;
  end if;

  -- A statement of its own, after the lock: it sees every seal that was set before.
  select * into state from rollup_state;
  insert into rollup_stale (tier, series_id, ts)
  select distinct 'minute', given.id, date_bin('1 minute', to_timestamp(given.time / 1000), 'epoch')
  from unnest(ids, times) as given(id, time)
  where to_timestamp(given.time / 1000) < state.sealed and to_timestamp(given.time / 1000) >= state.raw_from;

  return duplicates;
end
$$;
