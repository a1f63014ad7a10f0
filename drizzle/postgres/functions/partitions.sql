-- Databases begun on TimescaleDB's Apache edition by an older version have their samples in a hypertable, whose chunks
-- TimescaleDB makes as samples come. They keep it: these three functions know both.
create or replace function is_hypertable(parent text) returns boolean stable language sql as $$
  select relkind <> 'p' from pg_class where oid = parent::regclass
$$;

-- Makes the partition of `parent` that holds `at`, `width` wide and aligned to the epoch; false when it is there.
-- Made apart and then attached: `create table … partition of` would lock readers and writers out of `parent`.
create or replace function ensure_partition(parent text, at timestamptz, width interval) returns boolean
language plpgsql as $$
declare
  lower_bound timestamptz := date_bin(width, at, 'epoch');
  name text := format('%s_%s', parent, to_char(lower_bound at time zone 'UTC', 'YYYYMMDD'));
begin
  -- Asked of the catalogue's table: to_regclass looks into a cache that does not learn while we wait for the lock.
  if exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = parent::regclass and c.relname = name) then
    return false;
  end if;
  if is_hypertable(parent) then
    return false;
  end if;
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_PARTITIONS}});
  if exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = parent::regclass and c.relname = name) then
    return false;
  end if;
  execute format('create table %I (like %I including all)', name, parent);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, name, lower_bound, lower_bound + width);
  return true;
end
$$;

create or replace function partitions_of(parent text)
returns table (name text, lower_bound timestamptz, upper_bound timestamptz, bytes bigint)
stable language plpgsql as $$
begin
  if is_hypertable(parent) then
    return query
    select chunk_name::text, range_start, range_end, pg_relation_size(to_regclass(format('%I.%I', chunk_schema, chunk_name)))
    from timescaledb_information.chunks
    where hypertable_schema = current_schema() and hypertable_name = parent;
  else
    return query
    select c.relname::text, bounds[1]::timestamptz, bounds[2]::timestamptz, pg_relation_size(c.oid)
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') as bounds
    -- None where it has been dropped since the catalogue was read.
    where i.inhparent = parent::regclass and bounds is not null;
  end if;
end
$$;

create or replace function drop_partition(parent text, name text) returns void
language plpgsql as $$
declare
  chunk record;
begin
  if is_hypertable(parent) then
    select lower_bound, upper_bound into strict chunk from partitions_of(parent) p where p.name = drop_partition.name;
    perform drop_chunks(parent::regclass, older_than => chunk.upper_bound, newer_than => chunk.lower_bound);
  else
    execute format('drop table %I', name);
  end if;
end
$$;
