-- Values beyond ±1e299 used to be lost to every sum they were part of. Which metrics have any is looked up in the coarsest
-- rows there are, and the rows that samples are still kept for are made again.
insert into huge_metrics (metric_id)
select metric_id from rollup_day where max > 1e299 or min < -1e299
union
select metric_id from rollup_hour
where ts >= (select day_rolled from rollup_state) and (max > 1e299 or min < -1e299)
union
select metric_id from rollup_minute
where ts >= (select hour_rolled from rollup_state) and (max > 1e299 or min < -1e299)
union
select s.metric_id from samples p join series s on s.id = p.series_id
where p.ts >= (select minute_rolled from rollup_state) and (p.value > 1e299 or p.value < -1e299)
on conflict do nothing;
--> statement-breakpoint
insert into rollup_stale (tier, series_id, ts)
select 'minute', series_id, ts from rollup_minute
where metric_id in (select metric_id from huge_metrics) and ts >= (select raw_from from rollup_state)
  and (max > 1e299 or min < -1e299);
