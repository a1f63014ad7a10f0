-- Ends what is older than `retention`, {"raw": ms, "minute": ms, "hour": ms, "day": ms}; a tier that is not named is
-- kept for ever. Never a chunk whose rows the next coarser rollup has yet to be made of. Returns the chunks dropped.
create or replace function drop_expired(retention jsonb, at timestamptz) returns int
language plpgsql as $$
declare
  state rollup_state;
  stale_minute timestamptz;
  stale_hour timestamptz;
  stale_day timestamptz;
  bound timestamptz;
  dropped int;
  total int := 0;
begin
  select * into state from rollup_state for update;
  select min(ts) filter (where tier = 'minute'), min(ts) filter (where tier = 'hour'), min(ts) filter (where tier = 'day')
  into stale_minute, stale_hour, stale_day from rollup_stale;

  if retention ? 'raw' then
    bound := least(at - (retention->>'raw')::float8 * interval '1 millisecond', state.minute_rolled, stale_minute);
    select count(*) into dropped from drop_chunks('samples_packed', older_than => bound);
    total := total + dropped;
    update rollup_state set raw_from = greatest(raw_from, bound);
  end if;
  if retention ? 'minute' then
    bound := least(at - (retention->>'minute')::float8 * interval '1 millisecond', state.hour_rolled, stale_hour, stale_minute);
    select count(*) into dropped from drop_chunks('rollup_minute', older_than => bound);
    total := total + dropped;
  end if;
  if retention ? 'hour' then
    bound := least(at - (retention->>'hour')::float8 * interval '1 millisecond', state.day_rolled, stale_day, stale_hour);
    select count(*) into dropped from drop_chunks('rollup_hour', older_than => bound);
    total := total + dropped;
  end if;
  if retention ? 'day' then
    bound := at - (retention->>'day')::float8 * interval '1 millisecond';
    select count(*) into dropped from drop_chunks('rollup_day', older_than => bound);
    total := total + dropped;
  end if;
  return total;
end
$$;

-- The same as a job of the database's own: retention is kept while no server runs, too.
create or replace procedure retention_job(job_id int, config jsonb) language plpgsql as $$
begin
  perform drop_expired(config, now());
end
$$;
