-- The `postgres` engine on a TimescaleDB of the Apache edition, which has hypertables but neither continuous
-- aggregates nor the columnstore: samples lie in a hypertable, whose chunks TimescaleDB makes as samples come; all else
-- stays as it is. Runs on a new database only, before there are any samples.
drop table samples;
--> statement-breakpoint
create table samples (
  ts timestamptz not null,
  value float8 not null,
  series_id int not null,
  primary key (series_id, ts)
);
--> statement-breakpoint
create index samples_ts on samples using brin (ts) with (pages_per_range = 32, autosummarize = on);
--> statement-breakpoint
-- As wide as a partition of `samples` would be: one row of no rollup spans two chunks.
select create_hypertable('samples', by_range('ts', interval '1 day'), create_default_indexes => false);
--> statement-breakpoint
alter function ensure_partition rename to ensure_table_partition;
--> statement-breakpoint
create function ensure_partition(parent text, at timestamptz, width interval) returns boolean
language sql as $$
  select case when parent = 'samples' then false else ensure_table_partition(parent, at, width) end
$$;
--> statement-breakpoint
alter function partitions_of rename to table_partitions_of;
--> statement-breakpoint
create function partitions_of(parent text)
returns table (name text, lower_bound timestamptz, upper_bound timestamptz, bytes bigint)
stable language sql as $$
  select chunk_name, range_start, range_end, pg_relation_size(to_regclass(format('%I.%I', chunk_schema, chunk_name)))
  from timescaledb_information.chunks
  where parent = 'samples' and hypertable_schema = current_schema() and hypertable_name = 'samples'
  union all
  select * from table_partitions_of(parent) where parent <> 'samples'
$$;
--> statement-breakpoint
alter function drop_partition rename to drop_table_partition;
--> statement-breakpoint
create function drop_partition(parent text, name text) returns void
language plpgsql as $$
declare
  chunk record;
begin
  if parent <> 'samples' then
    perform drop_table_partition(parent, name);
    return;
  end if;
  select lower_bound, upper_bound into strict chunk from partitions_of('samples') p where p.name = drop_partition.name;
  perform drop_chunks('samples', older_than => chunk.upper_bound, newer_than => chunk.lower_bound);
end
$$;
