-- A counter goes on over pauses of up to fourteen days, no longer five minutes. No row is as long as that, so within one
-- each pause counts.
create or replace function increase_of_rows(parts float8[]) returns float8[]
language plpgsql immutable strict parallel safe as $$
declare
  elapsed float8 := 0;
  total float8 := 0;
  part float8[];
  previous_ms float8;
  previous float8;
begin
  foreach part slice 1 in array parts loop
    if previous_ms is not null then
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
-- Whether a row is made again although TimescaleDB knows of no change to what it is made of.
alter table rollup_stale add column forced boolean not null default false;
--> statement-breakpoint
-- Rows that left out a pause are made again where all that they are made of is kept; reads look there until they are.
-- The others stay as they were: docs/storage.md.
insert into rollup_stale (tier, series_id, ts, forced)
select 'hour', h.series_id, h.ts, true from rollup_hour h
where h.elapsed_ms < h.last_ms - h.first_ms and h.count = (
  select sum(m.count) from rollup_minute m
  where m.metric_id = h.metric_id and m.series_id = h.series_id and m.ts >= h.ts and m.ts < h.ts + interval '1 hour'
)
union all
select 'day', d.series_id, d.ts, true from rollup_day d
where d.elapsed_ms < d.last_ms - d.first_ms and d.count = (
  select sum(h.count) from rollup_hour h
  where h.metric_id = d.metric_id and h.series_id = d.series_id and h.ts >= d.ts and h.ts < d.ts + interval '1 day'
);
--> statement-breakpoint
-- Whatever is kept elsewhere was answered by the old rule.
update closed_versions set version = gen_random_uuid();
