-- The positions, from 1, of those given samples that are stored already. In slices of ten minutes: a slice is found
-- by the bounds of its rows, whereas one late sample of last week beside a fresh one would span everything between.
create or replace function find_stored(metric_ids int[], ids int[], times float8[], positions int[]) returns int[]
language plpgsql as $$
declare
  slice record;
  found int[] := '{}';
  slice_found int[];
begin
  for slice in
    select
      array_agg(position) as positions,
      array_agg(distinct metric_ids[position]) as metric_ids,
      array_agg(distinct ids[position]) as ids,
      to_timestamp(min(times[position]) / 1000) as first_ts,
      to_timestamp(max(times[position]) / 1000) as last_ts
    from unnest(positions) as position
    group by floor(times[position] / 600000)
  loop
    select array_agg(position) into slice_found
    from (
      select distinct position
      from unnest(slice.positions) as position
      join samples_packed s on s.series_id = ids[position] and s.ts = to_timestamp(times[position] / 1000)
      where s.metric_id = any(slice.metric_ids) and s.series_id = any(slice.ids)
        and s.ts >= slice.first_ts and s.ts <= slice.last_ts
    ) matches;
    found := found || coalesce(slice_found, '{}');
  end loop;
  return found;
end
$$;

-- Waits until none of the chunks that hold these times is being packed, and keeps it so until the transaction ends.
-- Looking into such a chunk first and writing to it later would deadlock with the packing.
create or replace function await_packing(times float8[], positions int[]) returns void
language plpgsql as $$
declare
  chunk regclass;
begin
  for chunk in
    select distinct format('%I.%I', chunk_schema, chunk_name)::regclass as name
    from timescaledb_information.chunks, unnest(positions) as position
    where hypertable_schema = current_schema() and hypertable_name = 'samples_packed'
      and to_timestamp(times[position] / 1000) >= range_start and to_timestamp(times[position] / 1000) < range_end
    order by name
  loop
    execute format('lock table only %s in row exclusive mode', chunk);
  end loop;
end
$$;

-- Keeps sealing, terms and the exclusive appends of older servers out until the transaction ends, in this order: (1)
-- shared, against sealing; (5) for samples before the sealed mark and (6) for newer ones. Two of them, so that a late
-- sample that waits for its chunk to be packed does not keep fresh ones waiting. Shared unless `looks_alone`: then
-- nobody else appends where there is a doubtful sample.
create or replace function lock_appends(
  times float8[], doubtful int[], looks_alone boolean,
  out watermark float8, out floor_time float8, out has_old boolean, out doubts_old boolean
)
language plpgsql as $$
declare
  has_recent boolean;
  doubts_recent boolean;
begin
  perform pg_advisory_xact_lock_shared({{LOCKS}}, {{LOCK_SEALING}});
  select extract(epoch from sealed) * 1000, extract(epoch from raw_from) * 1000
  into watermark, floor_time from rollup_state;

  select min(time) < watermark, max(time) >= watermark into has_old, has_recent from unnest(times) as time;
  select coalesce(min(times[position]) < watermark, false), coalesce(max(times[position]) >= watermark, false)
  into doubts_old, doubts_recent from unnest(doubtful) as position;
  if doubts_old and looks_alone then perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_LATE_APPENDS}});
  elsif has_old then perform pg_advisory_xact_lock_shared({{LOCKS}}, {{LOCK_LATE_APPENDS}});
  end if;
  if doubts_recent and looks_alone then perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_FRESH_APPENDS}});
  elsif has_recent then perform pg_advisory_xact_lock_shared({{LOCKS}}, {{LOCK_FRESH_APPENDS}});
  end if;
end
$$;

-- Stores samples, `times` in epoch ms, except those that are found among the doubtful ones; returns the positions of
-- these. `lock_appends` comes before, with the values it gave, and everything that says who may append at all.
create or replace function store_samples(
  metric_ids int[], ids int[], times float8[], vals float8[], doubtful int[], packed boolean,
  watermark float8, floor_time float8, has_old boolean, doubts_old boolean
) returns int[]
language plpgsql
-- A plan made for the very times: it leaves out all other chunks.
set plan_cache_mode = force_custom_plan
as $$
declare
  duplicates int[] := '{}';
begin
  if doubts_old then
    perform await_packing(times, doubtful);
  end if;
  if cardinality(doubtful) > 0 then
    duplicates := find_stored(metric_ids, ids, times, doubtful);
  end if;

  perform set_config('timescaledb.enable_direct_compress_insert', case when packed then 'on' else 'off' end, true);
  insert into samples_packed (metric_id, series_id, ts, value, thousandths)
  select
    metric_id, id, to_timestamp(time / 1000),
    case when packs then null else val end, case when packs then (val * 1000)::int8 end
  from (
    select *, abs(val) < 9e12 and round(val * 1000) / 1000 = val as packs
    from unnest(metric_ids, ids, times, vals) with ordinality as given(metric_id, id, time, val, position)
    where duplicates = '{}' or position <> all (duplicates)
  ) given;

  if has_old then
    insert into rollup_stale (tier, series_id, ts)
    select distinct 'minute', id, date_bin('{{MINUTE_MS}} milliseconds', to_timestamp(time / 1000), 'epoch')
    from unnest(ids, times) with ordinality as given(id, time, position)
    where time < watermark and time >= floor_time and position <> all (duplicates);
  end if;
  return duplicates;
end
$$;

-- Stores samples in a term; rows must be unique by (series, time).
--   intent      that announced them; null of the term's holder
--   conflicts   earlier intents that have one of the doubtful samples, too: waited for where they are being carried out,
--               withdrawn otherwise. Waiting is for lower numbers only, so never in a circle.
--   doubtful    positions, from 1, of the samples that may be stored already
--   packed      write compressed batches straight away; worth it from some ten rows on
-- Returns the positions of those that were there already, or null, and stores nothing, when the term is over or the
-- intent was withdrawn.
create or replace function append_in_term(
  in_term uuid, intent bigint, conflicts bigint[],
  metric_ids int[], ids int[], times float8[], vals float8[], doubtful int[], packed boolean
) returns int[]
language plpgsql as $$
declare
  locked record;
begin
  locked := lock_appends(times, doubtful, false);
  -- Each of these is a statement of its own, after the locks: it sees all that was committed before.
  if not exists (select from append_turn where term = in_term) then
    return null;
  end if;
  if intent is not null then
    delete from open_intents where seq = intent;
    if not found then
      return null;
    end if;
    for i in 1 .. cardinality(conflicts) loop
      delete from open_intents where seq = conflicts[i];
    end loop;
  end if;
  return store_samples(
    metric_ids, ids, times, vals, doubtful, packed,
    locked.watermark, locked.floor_time, locked.has_old, locked.doubts_old
  );
end
$$;

-- Stores samples outside of any term, as servers do that know of none: with `writer` vouching for all but the doubtful
-- ones, as long as it is the holder. Otherwise every row has to be doubted, which ends the term; null, and nothing is
-- stored, when that is not so.
create or replace function append_samples(
  writer uuid, metric_ids int[], ids int[], times float8[], vals float8[], doubtful int[], packed boolean
) returns int[]
language plpgsql as $$
declare
  locked record;
  trusted boolean;
begin
  locked := lock_appends(times, doubtful, true);
  select coalesce(holder = writer, false) into trusted from append_turn;
  if not trusted then
    if cardinality(doubtful) < cardinality(ids) then
      return null;
    end if;
    update append_turn set
      holder = null,
      last_writer = writer,
      alone_since = case when last_writer = writer then alone_since else clock_timestamp() end,
      last_at = clock_timestamp();
  end if;
  return store_samples(
    metric_ids, ids, times, vals, doubtful, packed,
    locked.watermark, locked.floor_time, locked.has_old, locked.doubts_old
  );
end
$$;

-- Makes `writer`, of a server that knows of no terms, the holder, once no other server has appended for a while; false
-- until then. All appends before have ended when it returns true, so what they stored can be read.
create or replace function claim_append_turn(writer uuid, quiet interval) returns boolean
language plpgsql as $$
begin
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_LATE_APPENDS}});
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_FRESH_APPENDS}});
  update append_turn set holder = writer
  where holder = writer or holder is null and not exists (
    select from append_writers where seen_at > clock_timestamp() - interval '{{PRESENCE_MS}} milliseconds'
  ) and (
    last_at < clock_timestamp() - quiet
    or last_writer = writer and alone_since < clock_timestamp() - quiet
  );
  return found;
end
$$;
