-- Arithmetic over the whole range of float64. PostgreSQL refuses what comes out as infinite, and what comes out as
-- zero but is none; either would end the question or the rollup it is part of, for as long as the sample is stored.
-- Every function is inlined where it is called, also by a refresh, and costs a comparison or two for common values.
--
-- A sum that float64 may not hold is kept as two: of the `tame` values, of which a thousand million can be added, and
-- of the `huge` ones scaled down by 2^64, which is exact. `united` makes one of the two.
create or replace function tame(value float8) returns float8 immutable parallel safe language sql
return case when value between -{{TAME}} and {{TAME}} then value else 0 end;

create or replace function huge(value float8) returns float8 immutable parallel safe language sql
return case when value between -{{TAME}} and {{TAME}} then 0 else value * {{DOWN}} end;

-- Any value as `huge` has it. What is too small for that is nothing beside what is huge.
create or replace function scaled(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e-280 and 1e-280 then 0 else value * {{DOWN}} end;

-- And back; beyond float64 the last value that it has.
create or replace function unscaled(value float8) returns float8 immutable parallel safe language sql
return case
  when abs(value) < {{MAX_SCALED}} then value * {{UP}}
  when abs(value) <= {{MAX_VALUE}} then sign(value) * {{MAX_VALUE}}
  else value
end;

create or replace function united(tame float8, huge float8) returns float8 immutable parallel safe language sql
return case when huge = 0 then tame else unscaled(huge + scaled(tame)) end;

-- `value / divisor`, of a divisor above zero, to the nearest float64; beyond float64 the last value that it has.
create or replace function ratio(value float8, divisor float8) returns float8 immutable parallel safe language sql
return case
  when abs(value) between 1e-280 and 1e280 then value / divisor
  when value = 0 then 0
  -- Half the smallest float64 and what is below it are zero. Both sides are exact.
  when abs(value) < 1e-280 then
    case when abs(value) * 1.0715086071862673e301 <= divisor * 2.6469779601696886e-23 then 0 else value / divisor end
  when divisor < 1 and abs(value) between {{MAX_VALUE}} * divisor and {{MAX_VALUE}}
    then sign(value) * {{MAX_VALUE}}
  else value / divisor
end;

-- A difference that float64 may not hold, as two: of tame values, and of huge ones.
create or replace function tame_difference(later float8, earlier float8) returns float8 immutable parallel safe language sql
return case when later between -{{TAME}} and {{TAME}} and earlier between -{{TAME}} and {{TAME}} then later - earlier else 0 end;

create or replace function huge_difference(later float8, earlier float8) returns float8 immutable parallel safe language sql
return case
  when later between -{{TAME}} and {{TAME}} and earlier between -{{TAME}} and {{TAME}} then 0
  else scaled(later) - scaled(earlier)
end;

-- What a counter that has come to `value` counts from: after a fall it began anew.
create or replace function counted_from(value float8, previous float8) returns float8 immutable parallel safe language sql
return case when value >= previous then previous when previous is not null then 0 end;

-- PostgreSQL refuses to add float64s to more than float64 holds, which would let two absurd samples end every
-- question and rollup about them. Values that are not tame count as infinite.
create or replace function summable(value float8) returns float8 immutable parallel safe language sql
return case when value between -{{TAME}} and {{TAME}} then value else value * 'Infinity' end;

-- How far a counter has come from `previous` to `value`; a smaller value means that it began anew.
create or replace function counted(value float8, previous float8) returns float8 immutable parallel safe language sql
return case when value >= previous then summable(value) - summable(previous) else summable(value) end;
