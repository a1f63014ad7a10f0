-- Events, in ten segments that are filled one after the other: the oldest is emptied to make room, which gives its
-- space back at once and leaves nothing to vacuum.
CREATE SEQUENCE "event_numbers";
--> statement-breakpoint
CREATE TABLE "events" (
	"segment" smallint NOT NULL,
	"id" uuid NOT NULL,
	"number" bigint DEFAULT nextval('event_numbers') NOT NULL,
	"ts" bigint NOT NULL,
	"level" smallint NOT NULL,
	"status" smallint,
	"place" integer,
	"duration" double precision,
	"service" text NOT NULL,
	"endpoint" text,
	"path" text,
	"host" text,
	"trace_id" text,
	"message" text NOT NULL,
	"fields" text,
	PRIMARY KEY ("id", "segment")
) PARTITION BY LIST ("segment");
--> statement-breakpoint
CREATE INDEX "events_by_time" ON "events" ("ts" DESC, "number" DESC);
--> statement-breakpoint
CREATE TABLE "events_0" PARTITION OF "events" FOR VALUES IN (0);
--> statement-breakpoint
CREATE TABLE "events_1" PARTITION OF "events" FOR VALUES IN (1);
--> statement-breakpoint
CREATE TABLE "events_2" PARTITION OF "events" FOR VALUES IN (2);
--> statement-breakpoint
CREATE TABLE "events_3" PARTITION OF "events" FOR VALUES IN (3);
--> statement-breakpoint
CREATE TABLE "events_4" PARTITION OF "events" FOR VALUES IN (4);
--> statement-breakpoint
CREATE TABLE "events_5" PARTITION OF "events" FOR VALUES IN (5);
--> statement-breakpoint
CREATE TABLE "events_6" PARTITION OF "events" FOR VALUES IN (6);
--> statement-breakpoint
CREATE TABLE "events_7" PARTITION OF "events" FOR VALUES IN (7);
--> statement-breakpoint
CREATE TABLE "events_8" PARTITION OF "events" FOR VALUES IN (8);
--> statement-breakpoint
CREATE TABLE "events_9" PARTITION OF "events" FOR VALUES IN (9);
--> statement-breakpoint
-- The segment that is being filled, and since when: one row.
CREATE TABLE "event_segment" (
	"current" smallint NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
INSERT INTO "event_segment" ("current") VALUES (0);
--> statement-breakpoint
-- How many samples of events each set of labels has in a second, so that none takes another's timestamp. `key` is a
-- digest of the labels: two that share one only leave timestamps unused.
CREATE TABLE "event_places" (
	"second" bigint NOT NULL,
	"key" bigint NOT NULL,
	"used" integer NOT NULL,
	PRIMARY KEY ("second", "key")
) WITH (fillfactor = 70);
