-- What counters did between rows, stored with the later row: from the sample before its first one to that one, 0 when
-- that is more than five minutes. Without it a rate over many series has to put all their rows in order first, which
-- takes ten times as long as adding them up. Null until upkeep or fill_entries has said.
alter table rollup_minute add column entry_increase float8, add column entry_ms int;
--> statement-breakpoint
alter table rollup_hour add column entry_increase float8, add column entry_ms int;
--> statement-breakpoint
alter table rollup_day add column entry_increase float8, add column entry_ms int;
--> statement-breakpoint
-- Fills in what is missing, in rows that come from elsewhere.
create function fill_entries(relation regclass) returns void
language plpgsql as $$
begin
  execute format($statement$
    update %1$s r
    set entry_increase = case when pause <= 300000 then counted(r.first, n.last) else 0 end,
      entry_ms = case when pause <= 300000 then pause else 0 end
    from (
      select series_id, ts, entry_ms,
        round(date_part('epoch', ts) * 1000) + first_ms - lag(round(date_part('epoch', ts) * 1000) + last_ms) over w as pause,
        lag(last) over w as last
      from %1$s
      window w as (partition by series_id order by ts)
    ) n
    where n.entry_ms is null and r.series_id = n.series_id and r.ts = n.ts
  $statement$, relation);
end
$$;
--> statement-breakpoint
select fill_entries('rollup_minute'), fill_entries('rollup_hour'), fill_entries('rollup_day');
