-- A counter goes on over pauses of up to fourteen days, no longer five minutes.
--
-- Says of rows that do not know it what counters did on the way into them, in rows that come from elsewhere (null) or
-- have come by the old rule (0 after a longer pause). What comes before the first row that is kept of a tier, rows of
-- the coarser ones know.
create or replace function fill_entries(relation regclass) returns void
language plpgsql as $$
begin
  execute format($statement$
    update %1$s r
    set entry_increase = case when pause <= 1209600000 then counted(r.first, n.last) else 0 end,
      entry_ms = case when pause <= 1209600000 then pause else 0 end
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
          where series_id = e.series_id and ts < e.ts and ts >= e.ts - interval '15 days' order by ts desc limit 1
        ) union all (
          select last, round(date_part('epoch', ts) * 1000) + last_ms from rollup_hour
          where series_id = e.series_id and ts < date_bin('1 hour', e.ts, 'epoch') and ts >= e.ts - interval '15 days'
          order by ts desc limit 1
        ) union all (
          select last, round(date_part('epoch', ts) * 1000) + last_ms from rollup_day
          where series_id = e.series_id and ts < date_bin('1 day', e.ts, 'epoch') and ts >= e.ts - interval '16 days'
          order by ts desc limit 1
        )
        order by last_at desc
        limit 1
      ) p
      where e.entry_ms = 0
    ) n
    where r.series_id = n.series_id and r.ts = n.ts and n.pause <= 1209600000
  $statement$, relation);
end
$$;
--> statement-breakpoint
select fill_entries('rollup_minute'), fill_entries('rollup_hour'), fill_entries('rollup_day');
--> statement-breakpoint
-- Rows that left out a pause within them are added up again where all that they are made of is kept. The others stay as
-- they were: docs/storage.md.
update rollup_hour h
set increase = n.increase, elapsed_ms = h.last_ms - h.first_ms
from (
  select c.series_id, c.ts, sum(m.increase) + coalesce(sum(m.entry_increase) filter (where not m.is_first), 0) as increase
  from rollup_hour c cross join lateral (
    select *, lag(ts) over (order by ts) is null as is_first from rollup_minute
    where series_id = c.series_id and ts >= c.ts and ts < c.ts + interval '1 hour'
  ) m
  where c.elapsed_ms < c.last_ms - c.first_ms
  group by c.series_id, c.ts, c.count
  having sum(m.count) = c.count
) n
where h.series_id = n.series_id and h.ts = n.ts;
--> statement-breakpoint
update rollup_day d
set increase = n.increase, elapsed_ms = d.last_ms - d.first_ms
from (
  select c.series_id, c.ts, sum(h.increase) + coalesce(sum(h.entry_increase) filter (where not h.is_first), 0) as increase
  from rollup_day c cross join lateral (
    select *, lag(ts) over (order by ts) is null as is_first from rollup_hour
    where series_id = c.series_id and ts >= c.ts and ts < c.ts + interval '1 day'
  ) h
  where c.elapsed_ms < c.last_ms - c.first_ms
  group by c.series_id, c.ts, c.count
  having sum(h.count) = c.count
) n
where d.series_id = n.series_id and d.ts = n.ts;
--> statement-breakpoint
-- Whatever is kept elsewhere was answered by the old rule.
update closed_versions set version = gen_random_uuid();
