-- In the transaction of the late samples themselves, so nobody sees one without the other; in the order of metrics, and
-- as the last thing that takes a lock, so that appends wait for each other but never in a circle. Samples in time
-- log nothing and pay nothing.
create or replace function renew_closed_versions() returns trigger
language plpgsql as $$
begin
  insert into closed_versions (metric_id)
  select distinct metric_id from logged join series on series.id = series_id where tier = 'minute' order by metric_id
  on conflict (metric_id) do update set version = excluded.version;
  return null;
end
$$;
