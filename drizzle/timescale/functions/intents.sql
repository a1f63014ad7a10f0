-- Tells the other servers what is about to be appended. Returns its place in the order, or null when the term is over.
--
-- The lock makes the order in which intents are numbered that in which they can be seen. It is held for a fraction of a
-- millisecond: nothing here waits for another lock, nor for the disk.
create or replace function announce_append(in_term uuid, token uuid, keys text) returns bigint
language plpgsql as $$
declare
  place bigint;
begin
  perform set_config('synchronous_commit', 'off', true);
  perform pg_advisory_xact_lock({{LOCKS}}, {{LOCK_INTENTS}});
  if not exists (
    select from append_turn t join intent_log l on l.term = t.term where t.term = in_term and t.holder is null
  ) then
    return null;
  end if;
  insert into append_intents (token, keys, announced_at) values (token, keys, clock_timestamp()) returning seq into place;
  insert into open_intents (seq) values (place);
  if place % 64 = 0 then
    perform prune_intents();
  end if;
  return place;
end
$$;

-- Withdraws what nobody carried out for long, as of a server that ended, and forgets what is no longer open. A server
-- that has not read it by then has to find out again what is stored.
create or replace function prune_intents() returns void
language plpgsql as $$
declare
  recent bigint;
  bound bigint;
begin
  select seq into recent from append_intents
  where announced_at > clock_timestamp() - interval '{{PRESENCE_MS}} milliseconds' order by seq limit 1;
  -- What is locked is being carried out.
  delete from open_intents where seq in (
    select o.seq from open_intents o join append_intents i on i.seq = o.seq
    where o.seq < recent and i.announced_at < clock_timestamp() - interval '{{ABANDONED_MS}} milliseconds'
    for update of o skip locked
  );
  bound := least((select min(seq) from open_intents), recent) - 1;
  delete from append_intents where seq <= bound;
  update intent_log set pruned_to = bound where pruned_to < bound;
end
$$;
