-- Division rounds to the nearest float64, as reading the decimal did: what comes out is what went in.
create or replace function unpacked(value float8, thousandths int8) returns float8
language sql immutable parallel safe as $$ select coalesce(value, thousandths / 1000.0::float8) $$;
