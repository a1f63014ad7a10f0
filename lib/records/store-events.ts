import { type SQL, sql } from 'drizzle-orm';
import { LEVELS } from '../model/events';
import { SECOND } from '../model/time/duration';
import { MOST_PLACES, type NewEvent, type StoredEvent } from './stored-event';

type Execute = { execute(statement: SQL): Promise<Iterable<Record<string, unknown>>> };
type Known = Omit<StoredEvent, 'isNew' | 'isRefused'>;

/**
 * Within a transaction: looks up the ids, takes places for those that are new, stores them. Two transactions with the
 * same events take rows in the same order; the second waits for the first, and finds its events stored.
 */
export async function storeEvents(tx: Execute, events: readonly NewEvent[]): Promise<StoredEvent[]> {
  const first = new Map<string, NewEvent>();
  for (const event of events) if (!first.has(event.id)) first.set(event.id, event);
  const known = await findKnown(tx, [...first.keys()]);
  const fresh = [...first.values()].filter(({ id }) => !known.has(id));
  const places = await takePlaces(tx, fresh);
  const storable = fresh.filter((event) => (places.get(event.id) ?? 0) < MOST_PLACES);
  const stored = await insert(tx, storable, places);
  const overtaken = storable.filter(({ id }) => !stored.has(id)).map(({ id }) => id);
  for (const [id, event] of await findKnown(tx, overtaken)) known.set(id, event);
  return events.map((event) => {
    const { id } = event;
    const before = known.get(id);
    if (before) return { ...before, isNew: false, isRefused: false };
    const { ts, service, endpoint } = first.get(id)!;
    const place = places.get(id) ?? null;
    return { ts, service, endpoint, place, isNew: first.get(id) === event, isRefused: !stored.has(id) };
  });
}

async function findKnown(tx: Execute, ids: readonly string[]): Promise<Map<string, Known>> {
  if (ids.length === 0) return new Map();
  const rows = (await tx.execute(sql`
    select id::text as id, ts::float8 as ts, service, endpoint, place
    from events where id = any(${`{${ids.join(',')}}`}::text::uuid[])`)) as Iterable<Known & { id: string }>;
  return new Map([...rows].map(({ id, ...known }) => [id, known]));
}

/** A place for each event that has samples: its id → a number from 0, which no other in its second has. */
async function takePlaces(tx: Execute, events: readonly NewEvent[]): Promise<Map<string, number>> {
  const wanted = new Map<string, { second: number; key: string; ids: string[] }>();
  for (const { id, ts, placeKey } of events) {
    if (placeKey === null) continue;
    const second = Math.floor(ts / SECOND);
    const name = `${second} ${placeKey}`;
    const there = wanted.get(name);
    if (there) there.ids.push(id);
    else wanted.set(name, { second, key: placeKey, ids: [id] });
  }
  const places = new Map<string, number>();
  if (wanted.size === 0) return places;
  const asked = [...wanted.values()].map(({ second, key, ids }) => ({ second, key, more: ids.length }));
  const rows = (await tx.execute(sql`
    insert into event_places as places (second, key, used)
    select second, key, more
    from json_to_recordset(${JSON.stringify(asked)}::text::json) as asked (second bigint, key bigint, more int)
    order by second, key
    on conflict (second, key) do update set used = least(places.used + excluded.used, 1000000000)
    returning second::text as second, key::text as key, used`)) as Iterable<{
    second: string;
    key: string;
    used: number;
  }>;
  for (const { second, key, used } of rows) {
    const { ids } = wanted.get(`${second} ${key}`)!;
    ids.forEach((id, at) => {
      places.set(id, used - ids.length + at);
    });
  }
  return places;
}

/** @returns the ids of those that were not stored meanwhile by another transaction. */
async function insert(
  tx: Execute,
  events: readonly NewEvent[],
  places: ReadonlyMap<string, number>,
): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const rows = events.map(({ id, level, traceId, placeKey: _, ...rest }) => ({
    id,
    ...rest,
    level: LEVELS.indexOf(level),
    trace_id: traceId,
    place: places.get(id) ?? null,
  }));
  const stored = (await tx.execute(sql`
    insert into events (segment, id, ts, level, status, place, duration, service, endpoint, path, host, trace_id,
      message, fields)
    select current, id, ts, level, status, place, duration, service, endpoint, path, host, trace_id, message, fields
    from event_segment, json_to_recordset(${JSON.stringify(rows)}::text::json) as given (id uuid, ts bigint,
      level smallint, status smallint, place int, duration float8, service text, endpoint text, path text, host text,
      trace_id text, message text, fields text)
    order by id
    on conflict (segment, id) do nothing
    returning id::text as id`)) as Iterable<{ id: string }>;
  return new Set([...stored].map(({ id }) => id));
}
