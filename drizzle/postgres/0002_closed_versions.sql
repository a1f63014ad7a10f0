-- What names the stored past of a metric, for answers that are kept elsewhere: what was answered about samples before
-- `sealed` holds for as long as this name is the same. The row of metric 0 names the database itself, so that what
-- was kept of another one is never taken for this one's.
create table closed_versions (
  metric_id int primary key,
  version uuid not null default gen_random_uuid()
) with (fillfactor = 50);
--> statement-breakpoint
insert into closed_versions (metric_id) values (0);
--> statement-breakpoint
-- In the transaction of the late samples themselves, so nobody sees one without the other; in the order of metrics, and
-- as the last thing that takes a lock, so that appends wait for each other but never in a circle. Samples in time
-- log nothing and pay nothing.
create function renew_closed_versions() returns trigger
language plpgsql as $$
begin
  insert into closed_versions (metric_id)
  select distinct metric_id from logged join series on series.id = series_id where tier = 'minute' order by metric_id
  on conflict (metric_id) do update set version = excluded.version;
  return null;
end
$$;
--> statement-breakpoint
create trigger rollup_stale_logged after insert on rollup_stale
referencing new table as logged
for each statement execute function renew_closed_versions();
