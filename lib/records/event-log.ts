import { type SQL, sql } from 'drizzle-orm';
import { LEVELS, type Level } from '../model/events';
import { SECOND } from '../model/time/duration';
import type { EventEntry } from '../model/wire/events';
import { LOCK, LOCKS } from '../store/sql/locks';
import type { OnRecords } from './database';
import { forgetPlaces, makeRoom, type Room } from './event-room';
import { storeEvents } from './store-events';
import type { NewEvent, StoredEvent } from './stored-event';

export interface EventsQuestion {
  /** Epoch ms; `from` inclusive, `to` exclusive. */
  from: number;
  to: number;
  levels: readonly Level[];
  service: string;
  endpoint: string;
  host: string;
  /** Text in the message, the fields or the path; or a whole trace id. */
  text: string;
  /** Only events before this one. */
  before: EventCursor | null;
  limit: number;
}

export interface EventCursor {
  ts: number;
  number: number;
}

export interface EventsPage {
  /** The newest first. */
  events: EventEntry[];
  /** Where the page after goes on; null when there are no older ones. */
  next: EventCursor | null;
  /** How far the filters were applied, where that was not to the end; epoch ms. */
  searchedTo: number | null;
}

/** Events, bounded by age and size. All throw PulseError `database_unavailable`. */
export interface EventLog {
  /** Stores events in one transaction; those that are stored already stay as they are. In the order given. */
  store(events: readonly NewEvent[]): Promise<StoredEvent[]>;
  /** A page of the newest, shorter than its limit where they are large. @throws PulseError also `too_expensive`, `too_busy` */
  list(question: EventsQuestion): Promise<EventsPage>;
  /**
   * Makes room, and forgets places of seconds before `placesFrom`, epoch ms, some of them where there are very many.
   * Any number of servers may call it.
   */
  maintain(room: Room, placesFrom: number): Promise<void>;
}

export function openEventLog({ write, read }: { write: OnRecords; read: OnRecords }): EventLog {
  return {
    store: (events) =>
      write((database) =>
        database.transaction(async (tx) => {
          // Of a segment that grew since it was last looked at, the planner would rather read all of it than its index.
          await tx.execute(sql`select pg_advisory_xact_lock_shared(${LOCKS}::int, ${LOCK.events}::int),
            set_config('enable_seqscan', 'off', true)`);
          return storeEvents(tx, events);
        }),
      ),
    list: (question) => read((database) => listEvents((statement) => database.execute(statement), question)),
    maintain: (room, placesFrom) =>
      write(async (database) => {
        await makeRoom(database, room);
        await forgetPlaces(database, Math.floor(placesFrom / SECOND));
      }),
  };
}

/** So many events are searched for one page: what is rare is found page by page, each within a bounded time. */
export const SEARCHED_AT_ONCE = 20_000;
/** A page with so much text ends, whatever its limit: to read a larger one would hold up everybody else. */
const PAGE_BYTES = 4 * 2 ** 20;

type Row = Omit<EventEntry, 'level' | 'fields' | 'key'> & {
  id: string;
  number: number;
  level: number;
  fields: string | null;
};

async function listEvents(
  execute: (statement: SQL) => Promise<Iterable<Record<string, unknown>>>,
  question: EventsQuestion,
): Promise<EventsPage> {
  const { from, to, before, limit } = question;
  const filters = filtersOf(question);
  const searched = filters.length > 0 ? SEARCHED_AT_ONCE : limit + 1;
  const place = before
    ? sql`and (ts, number) < (${before.ts}::bigint, ${before.number}::bigint)`
    : sql.empty();
  const rows = (await execute(sql`
    with searched as materialized (
      select * from events where ts >= ${from}::bigint and ts < ${to}::bigint ${place}
      order by ts desc, number desc limit ${searched}::int
    ), last as (
      select ts, number, (select count(*) from searched) as searched from searched order by ts, number limit 1
    ), found as (
      select * from searched ${filters.length > 0 ? sql`where ${sql.join(filters, sql` and `)}` : sql.empty()}
      order by ts desc, number desc limit ${limit + 1}::int
    ), sized as (
      select *, count(*) over () as found, coalesce(sum(octet_length(message) + coalesce(octet_length(fields), 0))
        over (order by ts desc, number desc rows between unbounded preceding and 1 preceding), 0) as before
      from found
    )
    select sized.id::text as id, sized.number::float8 as number, sized.ts::float8 as timestamp, level, service,
      endpoint, path, message, duration, status, host, trace_id as "traceId", fields, found::int as found,
      last.ts::float8 as "lastTs", last.number::float8 as "lastNumber", last.searched::int as searched
    from last left join sized on before < ${PAGE_BYTES}::int order by sized.ts desc, sized.number desc`)) as Iterable<
    Row & { found: number; lastTs: number; lastNumber: number; searched: number }
  >;
  const all = [...rows];
  const page = all.filter(({ id }) => id !== null).slice(0, limit);
  const events = page.map(toEntry);
  if (page.length > 0 && page.length < page[0].found) {
    const { timestamp: ts, number } = page[page.length - 1];
    return { events, next: { ts, number }, searchedTo: null };
  }
  if (filters.length === 0 || all.length === 0 || all[0].searched < searched)
    return { events, next: null, searchedTo: null };
  const { lastTs: ts, lastNumber: number } = all[0];
  return { events, next: { ts, number }, searchedTo: ts };
}

function filtersOf({ levels, service, endpoint, host, text }: EventsQuestion): SQL[] {
  const filters: SQL[] = [];
  if (levels.length > 0) {
    const numbers = levels.map((level) => LEVELS.indexOf(level));
    filters.push(sql`level = any(${`{${numbers.join(',')}}`}::text::smallint[])`);
  }
  if (service !== '') filters.push(sql`service = ${service}`);
  if (endpoint !== '') filters.push(sql`endpoint = ${endpoint}`);
  if (host !== '') filters.push(sql`host = ${host}`);
  if (text !== '') {
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    filters.push(
      sql`(message ilike ${pattern} or fields ilike ${pattern} or coalesce(path, endpoint) ilike ${pattern} or trace_id = ${text})`,
    );
  }
  return filters;
}

function toEntry({
  id,
  timestamp,
  level,
  service,
  endpoint,
  path,
  message,
  duration,
  status,
  host,
  traceId,
  fields,
}: Row): EventEntry {
  return {
    key: id,
    timestamp,
    level: LEVELS[level],
    service,
    endpoint,
    path,
    message,
    duration,
    status,
    host,
    traceId,
    fields: fields === null ? {} : (JSON.parse(fields) as Record<string, unknown>),
  };
}
