-- The database's own jobs. `maintain` does the same at once; these do at leisure what it leaves, and keep what was
-- promised while no server runs. A refresh job looks at a stretch that `maintain` has left behind, since two refreshes
-- of the same stretch would make one of them fail, and never as far back as samples or finer rows may be gone:
-- refreshed from what retention has left, the row of a rollup would vanish as well.
select add_continuous_aggregate_policy('rollup_minute', start_offset => interval '90 minutes', end_offset => interval '30 minutes',
  schedule_interval => interval '30 minutes', initial_start => now() + interval '30 minutes');
--> statement-breakpoint
select add_continuous_aggregate_policy('rollup_hour', start_offset => interval '12 hours', end_offset => interval '2 hours',
  schedule_interval => interval '1 hour', initial_start => now() + interval '1 hour');
--> statement-breakpoint
select add_continuous_aggregate_policy('rollup_day', start_offset => interval '5 days', end_offset => interval '1 day',
  schedule_interval => interval '6 hours', initial_start => now() + interval '6 hours');
--> statement-breakpoint
-- Samples: what came late to a chunk that `maintain` has put in order already. Rollups stay rows while most late
-- samples come: changing a row that is packed costs seconds.
call add_columnstore_policy('samples_packed', after => interval '6 hours', schedule_interval => interval '1 hour',
  initial_start => now() + interval '1 hour');
--> statement-breakpoint
call add_columnstore_policy('rollup_minute', after => interval '2 days', schedule_interval => interval '6 hours',
  initial_start => now() + interval '6 hours');
--> statement-breakpoint
call add_columnstore_policy('rollup_hour', after => interval '14 days', schedule_interval => interval '1 day',
  initial_start => now() + interval '1 day');
--> statement-breakpoint
call add_columnstore_policy('rollup_day', after => interval '60 days', schedule_interval => interval '1 day',
  initial_start => now() + interval '1 day');
--> statement-breakpoint
-- Keeps everything until a server has told it the retention of each tier.
select add_job('retention_job', interval '1 hour', config => '{}', initial_start => now() + interval '1 hour');
