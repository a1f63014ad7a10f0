-- There already where the catalogue's history has made it (drizzle/catalogue/0002_ended_sessions.sql).
CREATE TABLE IF NOT EXISTS "ended_sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"until" timestamp with time zone NOT NULL
);
