import { type SQL, sql } from 'drizzle-orm';
import { SECOND } from '../model/time/duration';
import { codeOf, LOCK_NOT_AVAILABLE } from '../store/pg-errors';
import { LOCK, LOCKS } from '../store/sql/locks';

/** How much is kept of events. */
export interface Room {
  /** Of all segments together, indexes included. */
  maxBytes: number;
  maxAgeMs: number;
}

interface Statements {
  execute(statement: SQL): Promise<Iterable<Record<string, unknown>>>;
}

/** As many as `drizzle/records/0002_events.sql` makes. At least nine tenths of what is allowed is kept. */
const SEGMENTS = 10;
/** What is being stored may take so long to its end. What comes meanwhile waits: otherwise it would never end. */
const STORING_ENDS_MS = SECOND;
/** Longer than that nobody who sends events is kept waiting by somebody who reads them. */
const READING_ENDS_MS = 200;
/** So many places are forgotten at a time: a server that was away for long finds millions. */
export const FORGOTTEN_AT_ONCE = 100_000;

/** Begins the next segment, emptied, when the current one has its share of the bytes or of the age. */
export async function makeRoom(
  database: { transaction(work: (tx: Statements) => Promise<void>): Promise<void> },
  room: Room,
): Promise<void> {
  try {
    await database.transaction((tx) => beginNextSegment(tx, room));
  } catch (error) {
    // Somebody stores or reads for longer: the next round tries again.
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
  }
}

async function beginNextSegment(tx: Statements, { maxBytes, maxAgeMs }: Room): Promise<void> {
  const [{ current, bytes, age }] = (await tx.execute(sql`
    select current, pg_total_relation_size(format('events_%s', current)::regclass)::float8 as bytes,
      (extract(epoch from now() - since) * 1000)::float8 as age
    from event_segment`)) as unknown as [{ current: number; bytes: number; age: number }];
  if (bytes < maxBytes / SEGMENTS && age < maxAgeMs / (SEGMENTS - 1)) return;
  await waitAtMost(tx, STORING_ENDS_MS);
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS}::int, ${LOCK.events}::int)`);
  await waitAtMost(tx, READING_ENDS_MS);
  const next = (current + 1) % SEGMENTS;
  const moved = [
    ...(await tx.execute(sql`
    update event_segment set current = ${next}::smallint, since = now() where current = ${current}::smallint
    returning current`)),
  ];
  // Where another server was quicker, it has done this.
  if (moved.length > 0) await tx.execute(sql.raw(`truncate events_${next}`));
}

/** Any lock that this transaction asks for is waited for so long. */
async function waitAtMost(tx: Statements, ms: number): Promise<void> {
  await tx.execute(sql`select set_config('lock_timeout', ${String(ms)}, true)`);
}

/** Forgets places of seconds before this one, the oldest first. */
export async function forgetPlaces(database: Statements, second: number): Promise<void> {
  await database.execute(sql`
    delete from event_places where ctid = any(array(
      select ctid from event_places where second < ${second}::bigint
      order by second, key limit ${FORGOTTEN_AT_ONCE}::int for update skip locked))`);
}
