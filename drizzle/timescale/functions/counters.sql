-- What a counter counted over these values of one minute, `summable` and in the order of time. A function over all
-- values of a row, since continuous aggregates know no window functions; it costs a tenth of a refresh. A refresh
-- finds nothing but what is built in, so this calls none of our own functions.
create or replace function increase_of_samples(vals float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  total float8 := 0;
  previous float8;
  current float8;
begin
  foreach current in array vals loop
    if previous is not null then
      total := total + case when current >= previous then current - previous else current end;
    end if;
    previous := current;
  end loop;
  return total;
end
$$;

-- Joins rows of a finer rollup, each [first_ms, last_ms, elapsed_ms, first, last, increase] with both times counted
-- from one origin and the values `summable`, into [elapsed_ms, increase]. A counter goes on over a pause of up to
-- {{COUNTER_GAP_MS}} ms; no row is as long as that, so within one each pause counts.
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

create or replace function ms_between(earlier timestamptz, later timestamptz) returns int
language sql immutable parallel safe as $$ select round(extract(epoch from later - earlier) * 1000)::int $$;
