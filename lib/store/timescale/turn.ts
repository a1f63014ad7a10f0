import type { Sql } from 'postgres';
import { MINUTE } from '../../model/time/duration';

/** How long no other server may have appended before one claims the turn. */
const QUIET = '5 seconds';
/** Samples older than this at the start are looked up rather than known: reading them all would take too long. */
const KNOWN_MS = 10 * MINUTE;

/** Asks the database to trust `writer` about which samples are new. @returns whether it does from now on. */
export async function claimTurn(sql: Sql, writer: string): Promise<boolean> {
  const [{ claimed }] = await sql<[{ claimed: boolean }]>`
    select claim_append_turn(${writer}::uuid, ${QUIET}::text::interval) as claimed`;
  return claimed;
}

/** Gives the turn back, so that the next server to start need not wait for quiet. */
export async function releaseTurn(sql: Sql, writer: string): Promise<void> {
  await sql`
    update append_turn set holder = null, last_writer = null, last_at = 'epoch' where holder = ${writer}::uuid`;
}

export interface StoredHeads {
  /** Everything stored from here on, epoch ms, is accounted for in `stored`. */
  from: number;
  stored: Array<{ seriesId: number; newest: number }>;
}

/** The newest stored sample of each series that has any in the last minutes; of an empty database, everything. */
export async function loadHeads(sql: Sql, now: number): Promise<StoredHeads> {
  const [{ empty }] = await sql<
    [{ empty: boolean }]
  >`select not exists (select from samples_packed) as empty`;
  if (empty) return { from: Number.NEGATIVE_INFINITY, stored: [] };
  const from = now - KNOWN_MS;
  const stored = await sql<StoredHeads['stored']>`
    select series_id as "seriesId", round(date_part('epoch', max(ts)) * 1000) as newest
    from samples_packed where ts >= to_timestamp(${from}::float8 / 1000) group by series_id`;
  return { from, stored: [...stored] };
}
