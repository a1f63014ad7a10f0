-- Finds or creates series. `wanted`: [{metric, labels, digest, type, unit}], the last two may be missing.
-- Each statement sees what others have committed before it began, so two servers that create the same series
-- at once both get the one that was first. Inserts what is missing only, in a fixed order: an
-- `on conflict do nothing` alone would use up an id for every repetition, and any order would risk deadlocks.
create or replace function ensure_series(wanted jsonb)
returns table (ordinal bigint, id int, metric_id int, type text, unit text, last_seen timestamptz)
language plpgsql as $$
#variable_conflict use_column
begin
  insert into metrics (name, type, unit)
  select w.metric, coalesce(max(w.type), 'gauge'), coalesce(max(w.unit), '')
  from jsonb_to_recordset(wanted) as w(metric text, type text, unit text)
  where not exists (select from metrics m where m.name = w.metric)
  group by w.metric
  order by w.metric
  on conflict (name) do nothing;

  update metrics m
  set type = coalesce(given.type, m.type), unit = coalesce(given.unit, m.unit)
  from (
    select w.metric, max(w.type) as type, max(w.unit) as unit
    from jsonb_to_recordset(wanted) as w(metric text, type text, unit text)
    group by w.metric
  ) given
  where m.name = given.metric and (given.type <> m.type or given.unit <> m.unit);

  insert into series (metric_id, labels, digest)
  select distinct on (w.digest) m.id, w.labels, w.digest
  from jsonb_to_recordset(wanted) as w(metric text, labels jsonb, digest uuid)
  join metrics m on m.name = w.metric
  where not exists (select from series s where s.digest = w.digest)
  order by w.digest
  on conflict (digest) do nothing;

  return query
  select w.ordinal, s.id, s.metric_id, m.type, m.unit, s.last_seen
  from rows from (jsonb_to_recordset(wanted) as (digest uuid)) with ordinality as w(digest, ordinal)
  join series s on s.digest = w.digest
  join metrics m on m.id = s.metric_id
  order by w.ordinal;
end
$$;
