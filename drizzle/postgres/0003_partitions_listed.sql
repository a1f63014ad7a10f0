-- What the parts of a table are and how one goes, asked of the database itself: where samples lie in a hypertable
-- (drizzle/hypertable) it has another answer.
create function partitions_of(parent text)
returns table (name text, lower_bound timestamptz, upper_bound timestamptz, bytes bigint)
stable language sql as $$
  select c.relname, bounds[1]::timestamptz, bounds[2]::timestamptz, pg_relation_size(c.oid)
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  cross join regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') as bounds
  -- None where it has been dropped since the catalogue was read.
  where i.inhparent = parent::regclass and bounds is not null
$$;
--> statement-breakpoint
create function drop_partition(parent text, name text) returns void
language plpgsql as $$
begin
  execute format('drop table %I', name);
end
$$;
