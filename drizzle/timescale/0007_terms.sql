-- Several servers append at once, none of them looking up what is new: docs/storage.md, "Appends".
--
-- A term is a stretch of time in which one rule says how a server knows that a sample is new: the holder by itself, or,
-- where there is no holder, all of them from what they announce. Whoever changes the row begins another term, servers of
-- versions that know nothing of terms included.
alter table append_turn
  add column term uuid not null default gen_random_uuid(),
  -- The term before, and who held it: it may go on from what it knows. Null when a server has appended in between.
  add column last_term uuid,
  add column last_holder uuid;
--> statement-breakpoint
create function begin_term() returns trigger
language plpgsql as $$
begin
  new.term := gen_random_uuid();
  new.last_term := old.term;
  new.last_holder := case when new.last_at = old.last_at then old.holder end;
  return new;
end
$$;
--> statement-breakpoint
create trigger append_turn_changed before update on append_turn
for each row execute function begin_term();
--> statement-breakpoint
-- What follows need not survive a crash: without its row in intent_log a term is over.
--
-- Servers that append or are ready to.
create unlogged table append_writers (
  writer uuid primary key,
  seen_at timestamptz not null
);
--> statement-breakpoint
-- What servers are about to append, in one order for all of them: each keeps up with it and so knows what is new.
create unlogged table append_intents (
  seq bigint generated always as identity primary key,
  token uuid not null,
  keys text not null,
  announced_at timestamptz not null
);
--> statement-breakpoint
-- Those that are neither carried out nor withdrawn.
create unlogged table open_intents (
  seq bigint primary key
);
--> statement-breakpoint
-- The term that the intents are of: all those after begun_after, of which those up to pruned_to are gone.
create unlogged table intent_log (
  one boolean primary key default true check (one),
  term uuid not null,
  begun_after bigint not null,
  pruned_to bigint not null
);
