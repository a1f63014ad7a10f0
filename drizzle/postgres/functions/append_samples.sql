-- Stores samples, `times` in epoch ms; rows must be unique by (series, time).
-- Returns the positions, from 1, of those that were there already.
create or replace function append_samples(ids int[], times float8[], vals float8[]) returns int[]
language plpgsql as $$
declare
  inserted bigint;
  duplicates int[] := '{}';
  state rollup_state;
begin
  -- Whoever seals waits for all appends that may not have seen the new mark.
  perform pg_advisory_xact_lock_shared({{LOCKS}}, {{LOCK_SEALING}});

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
  select distinct 'minute', given.id, date_bin('{{MINUTE_MS}} milliseconds', to_timestamp(given.time / 1000), 'epoch')
  from unnest(ids, times) as given(id, time)
  where to_timestamp(given.time / 1000) < state.sealed and to_timestamp(given.time / 1000) >= state.raw_from;

  return duplicates;
end
$$;
