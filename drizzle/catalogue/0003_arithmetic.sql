-- Arithmetic over the whole range of float64. PostgreSQL refuses what comes out as infinite, and what comes out as
-- zero but is none; either would end the question or the rollup it is part of, for as long as the sample is stored.
-- Every function is inlined where it is called, also by a refresh, and costs a comparison or two for common values.
--
-- A sum that float64 may not hold is kept as two: of the `tame` values, of which a thousand million can be added, and
-- of the `huge` ones scaled down by 2^64, which is exact. `united` makes one of the two.
create function tame(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e299 and 1e299 then value else 0 end;
--> statement-breakpoint
create function huge(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e299 and 1e299 then 0 else value * 5.421010862427522e-20 end;
--> statement-breakpoint
-- Any value as `huge` has it. What is too small for that is nothing beside what is huge.
create function scaled(value float8) returns float8 immutable parallel safe language sql
return case when value between -1e-280 and 1e-280 then 0 else value * 5.421010862427522e-20 end;
--> statement-breakpoint
-- And back; beyond float64 the last value that it has.
create function unscaled(value float8) returns float8 immutable parallel safe language sql
return case
  when abs(value) < 9.745314011399998e288 then value * 18446744073709551616
  when abs(value) <= 1.7976931348623157e308 then sign(value) * 1.7976931348623157e308
  else value
end;
--> statement-breakpoint
create function united(tame float8, huge float8) returns float8 immutable parallel safe language sql
return case when huge = 0 then tame else unscaled(huge + scaled(tame)) end;
--> statement-breakpoint
-- `value / divisor`, of a divisor above zero, to the nearest float64; beyond float64 the last value that it has.
create function ratio(value float8, divisor float8) returns float8 immutable parallel safe language sql
return case
  when abs(value) between 1e-280 and 1e280 then value / divisor
  when value = 0 then 0
  -- Half the smallest float64 and what is below it are zero. Both sides are exact.
  when abs(value) < 1e-280 then
    case when abs(value) * 1.0715086071862673e301 <= divisor * 2.6469779601696886e-23 then 0 else value / divisor end
  when divisor < 1 and abs(value) between 1.7976931348623157e308 * divisor and 1.7976931348623157e308
    then sign(value) * 1.7976931348623157e308
  else value / divisor
end;
