-- What rollups cover, for a question about some series of a metric (null: about any) that depends on [reach, ends). In
-- the statement's own snapshot. A function, since sessions keep its plans: a question about an hour takes hardly longer
-- than it takes to plan this. A plan may have been made when the log was empty, so it must not be to scan it.
create or replace function read_coverage(
  metric int, some_series int[], reach timestamptz, ends timestamptz,
  out minute float8, out hour float8, out day float8, out raw_from float8,
  out stale boolean, out careful boolean, out newest_part float8
)
stable language plpgsql set enable_seqscan to off as $$
begin
  select date_part('epoch', s.minute_rolled) * 1000, date_part('epoch', s.hour_rolled) * 1000,
    date_part('epoch', s.day_rolled) * 1000, date_part('epoch', s.raw_from) * 1000,
    exists (select from huge_metrics h where h.metric_id = metric),
    (select coalesce(max(i.inhrelid::oid::int8), 0) from pg_inherits i)
  into strict minute, hour, day, raw_from, careful, newest_part
  from rollup_state s;
  if some_series is null then
    stale := exists (select from rollup_stale l where l.ts >= reach and l.ts < ends);
  else
    stale := exists (
      select from rollup_stale l where l.series_id = any(some_series) and l.ts >= reach and l.ts < ends
    );
  end if;
end
$$;
