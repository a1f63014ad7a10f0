-- Ends what is older than `retention`, {"raw": ms, "minute": ms, "hour": ms, "day": ms}; a tier that is not named is
-- kept for ever. Never a chunk whose rows the next coarser rollup has yet to be made of. Returns the chunks dropped.
create function drop_expired(retention jsonb, at timestamptz) returns int
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
--> statement-breakpoint
-- The same as a job of the database's own: retention is kept while no server runs, too.
create procedure retention_job(job_id int, config jsonb) language plpgsql as $$
begin
  perform drop_expired(config, now());
end
$$;
--> statement-breakpoint
-- Chunks of about a day's, a week's and a year's work: late samples change rows of few of them.
select set_chunk_time_interval(
  format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass,
  case view_name when 'rollup_minute' then interval '12 hours' when 'rollup_hour' then interval '10 days' else interval '360 days' end
)
from timescaledb_information.continuous_aggregates
where view_schema = current_schema() and view_name in ('rollup_minute', 'rollup_hour', 'rollup_day');
--> statement-breakpoint
alter materialized view rollup_minute set (
  timescaledb.enable_columnstore = true, timescaledb.segmentby = 'metric_id', timescaledb.orderby = 'series_id, ts'
);
--> statement-breakpoint
alter materialized view rollup_hour set (
  timescaledb.enable_columnstore = true, timescaledb.segmentby = 'metric_id', timescaledb.orderby = 'series_id, ts'
);
--> statement-breakpoint
alter materialized view rollup_day set (
  timescaledb.enable_columnstore = true, timescaledb.segmentby = 'metric_id', timescaledb.orderby = 'series_id, ts'
);
