-- A change of append_turn begins a term. Its last holder may go on from what it knows, unless somebody appended meanwhile.
create or replace function begin_term() returns trigger
language plpgsql as $$
begin
  new.term := gen_random_uuid();
  new.last_term := old.term;
  new.last_holder := case when new.last_at = old.last_at then old.holder end;
  return new;
end
$$;

-- Notes that `me` is there, and forgets who has not been for {{PRESENCE_MS}} ms. Returns the term, and whether there are others.
create or replace function note_writer(me uuid, out term uuid, out has_others boolean)
language plpgsql as $$
begin
  insert into append_writers (writer, seen_at) values (me, clock_timestamp())
  on conflict (writer) do update set seen_at = excluded.seen_at;
  delete from append_writers where writer in (
    select writer from append_writers
    where seen_at < clock_timestamp() - interval '{{PRESENCE_MS}} milliseconds' for update skip locked
  );
  select
    t.term,
    exists (select from append_writers where writer <> me)
      or t.last_writer is distinct from me and t.last_at > clock_timestamp() - interval '{{PRESENCE_MS}} milliseconds'
  into term, has_others
  from append_turn t;
end
$$;

-- Has `me` take part in the current term, or begins the next one: `me` holds it when there are no others, otherwise there
-- is no holder and everyone announces. `known_term` and `known_seq` are how far `me` knows what was appended.
--   knows   whether that knowledge goes on
--   since   the intent that it goes on after
-- No append is under way meanwhile: what earlier terms stored is committed, and what they still wanted is refused.
create or replace function join_appends(
  me uuid, known_term uuid, known_seq bigint,
  out term uuid, out is_holder boolean, out knows boolean, out since bigint
)
language plpgsql as $$
declare
  turn append_turn;
  log intent_log;
  has_others boolean;
  last_seq bigint;
begin
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_LATE_APPENDS}});
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_FRESH_APPENDS}});
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_INTENTS}});
  select n.has_others into has_others from note_writer(me) n;
  select * into turn from append_turn for update;
  -- None of a term with a holder, and none after a crash.
  select * into log from intent_log l where l.term = turn.term and turn.holder is null;

  is_holder := not has_others;
  knows := coalesce(known_term = turn.term and (turn.holder is not null or log.term is not null), false);
  if is_holder then
    if turn.holder is distinct from me then
      select coalesce(max(seq), 0) into last_seq from append_intents;
      knows := knows and (turn.holder is not null or known_seq >= last_seq and known_seq >= log.pruned_to);
      update append_turn t set holder = me returning t.term into term;
    else
      term := turn.term;
    end if;
    since := 0;
  elsif log.term is null then
    update append_turn t set holder = null returning t.term into term;
    since := nextval(pg_get_serial_sequence('append_intents', 'seq'));
    delete from append_intents;
    delete from open_intents;
    delete from intent_log;
    insert into intent_log (term, begun_after, pruned_to) values (term, since, since);
  else
    term := turn.term;
    if knows then
      since := known_seq;
    elsif known_term = turn.last_term and turn.last_holder is not null then
      knows := true;
      since := log.begun_after;
    else
      since := log.pruned_to;
    end if;
  end if;
end
$$;

-- So that the others need not wait until it has not been seen for a while.
create or replace function leave_appends(me uuid) returns void
language plpgsql as $$
begin
  update append_turn set holder = null where holder = me;
  delete from append_writers where writer = me;
end
$$;
