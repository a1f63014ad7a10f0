-- Notes in rows what counters did on the way into them: in rows that come from elsewhere (null), or that were made
-- while a counter started anew after five minutes (0 after a longer pause). What comes before the first row that is
-- kept of a tier, rows of the coarser ones know.
create or replace function fill_entries(relation regclass) returns void
language plpgsql as $$
begin
  execute format($statement$
    update %1$s r
    set entry_increase = case when pause <= {{COUNTER_GAP_MS}} then counted(r.first, n.last) else 0 end,
      entry_ms = case when pause <= {{COUNTER_GAP_MS}} then pause else 0 end
    from (
      select series_id, ts, entry_ms,
        round(date_part('epoch', ts) * 1000) + first_ms - lag(round(date_part('epoch', ts) * 1000) + last_ms) over w as pause,
        lag(last) over w as last
      from %1$s
      window w as (partition by series_id order by ts)
    ) n
    where n.entry_ms is null and r.series_id = n.series_id and r.ts = n.ts
  $statement$, relation);
  execute format($statement$
    update %1$s r
    set entry_increase = counted(r.first, n.last), entry_ms = n.pause
    from (
      select e.series_id, e.ts, p.last, round(date_part('epoch', e.ts) * 1000) + e.first_ms - p.last_at as pause
      from %1$s e cross join lateral (
        (
          select last, round(date_part('epoch', ts) * 1000) + last_ms as last_at from %1$s
          where series_id = e.series_id and ts < e.ts and ts >= e.ts - interval '{{COUNTER_GAP_MS}} milliseconds' - interval '{{DAY_MS}} milliseconds' order by ts desc limit 1
        ) union all (
          select last, round(date_part('epoch', ts) * 1000) + last_ms from rollup_hour
          where series_id = e.series_id and ts < date_bin('{{HOUR_MS}} milliseconds', e.ts, 'epoch') and ts >= e.ts - interval '{{COUNTER_GAP_MS}} milliseconds' - interval '{{DAY_MS}} milliseconds'
          order by ts desc limit 1
        ) union all (
          select last, round(date_part('epoch', ts) * 1000) + last_ms from rollup_day
          where series_id = e.series_id and ts < date_bin('{{DAY_MS}} milliseconds', e.ts, 'epoch') and ts >= e.ts - interval '{{COUNTER_GAP_MS}} milliseconds' - 2 * interval '{{DAY_MS}} milliseconds'
          order by ts desc limit 1
        )
        order by last_at desc
        limit 1
      ) p
      where e.entry_ms = 0
    ) n
    where r.series_id = n.series_id and r.ts = n.ts and n.pause <= {{COUNTER_GAP_MS}}
  $statement$, relation);
end
$$;
