CREATE TABLE "huge_metrics" (
	"metric_id" integer PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rollup_huge" (
	"tier" text NOT NULL,
	"series_id" integer NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"sum" double precision NOT NULL,
	"increase" double precision NOT NULL,
	CONSTRAINT "rollup_huge_series_id_tier_ts_pk" PRIMARY KEY("series_id","tier","ts")
);
--> statement-breakpoint
CREATE INDEX "rollup_huge_ts" ON "rollup_huge" USING btree ("tier","ts");
--> statement-breakpoint
-- A difference that float64 may not hold, as two: see 0003_arithmetic.
create function tame_difference(later float8, earlier float8) returns float8 immutable parallel safe language sql
return case when later between -1e299 and 1e299 and earlier between -1e299 and 1e299 then later - earlier else 0 end;
--> statement-breakpoint
create function huge_difference(later float8, earlier float8) returns float8 immutable parallel safe language sql
return case
  when later between -1e299 and 1e299 and earlier between -1e299 and 1e299 then 0
  else scaled(later) - scaled(earlier)
end;
--> statement-breakpoint
-- What a counter that has come to `value` counts from: after a fall it began anew.
create function counted_from(value float8, previous float8) returns float8 immutable parallel safe language sql
return case when value >= previous then previous when previous is not null then 0 end;
