import { type SQL, sql } from 'drizzle-orm';
import { LOCK, LOCKS } from '../store/sql/locks';

/** How much is kept of events. */
export interface Room {
  /** Of all segments together, indexes included. */
  maxBytes: number;
  maxAgeMs: number;
}

/** As many as `drizzle/records/0002_events.sql` makes. At least nine tenths of what is allowed is kept. */
const SEGMENTS = 10;
/** Longer than that nobody who sends events is kept waiting by somebody who reads them. */
const LOCK_TIMEOUT_MS = 200;

/** Begins the next segment, emptied, when the current one has its share of the bytes or of the age. */
export async function makeRoom(
  tx: { execute(statement: SQL): Promise<Iterable<Record<string, unknown>>> },
  { maxBytes, maxAgeMs }: Room,
): Promise<void> {
  const [{ current, bytes, age }] = (await tx.execute(sql`
    select current, pg_total_relation_size(format('events_%s', current)::regclass)::float8 as bytes,
      (extract(epoch from now() - since) * 1000)::float8 as age
    from event_segment`)) as unknown as [{ current: number; bytes: number; age: number }];
  if (bytes < maxBytes / SEGMENTS && age < maxAgeMs / (SEGMENTS - 1)) return;
  // Where a reader is in the way, the next round tries again; where another server was quicker, it has done this.
  await tx.execute(sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`);
  const [{ isFree }] = (await tx.execute(
    sql`select pg_try_advisory_xact_lock(${LOCKS}::int, ${LOCK.events}::int) as "isFree"`,
  )) as unknown as [{ isFree: boolean }];
  if (!isFree) return;
  const next = (current + 1) % SEGMENTS;
  const moved = [
    ...(await tx.execute(sql`
    update event_segment set current = ${next}::smallint, since = now() where current = ${current}::smallint
    returning current`)),
  ];
  if (moved.length > 0) await tx.execute(sql.raw(`truncate events_${next}`));
}
