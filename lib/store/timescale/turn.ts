import type { ISql, Sql } from 'postgres';
import { MINUTE } from '../../model/time/duration';
import { PRESENCE_MS } from './presence';

/** Samples older than this at the start are looked up rather than known: reading them all would take too long. */
const KNOWN_MS = 2 * MINUTE;

export interface JoinedTerm {
  term: string;
  /** Whether this server alone knows what is new; otherwise every append is announced. */
  isHolder: boolean;
  /** Whether what it knew before holds in this term. */
  knows: boolean;
  /** The intent after which it has to take notice of all. */
  since: number;
}

/**
 * Takes part in the current term of appends, or begins the next.
 * @param known how far this server knows what is stored
 */
export async function joinAppends(
  sql: ISql,
  writer: string,
  known: { term: string; seq: number } | null,
): Promise<JoinedTerm> {
  const [joined] = await sql<[JoinedTerm]>`
    select term, is_holder as "isHolder", knows, since::float8 as since
    from join_appends(${writer}::uuid, ${known?.term ?? null}::uuid, ${known?.seq ?? 0}::int8)`;
  return joined;
}

/** Notes that this server is there. @returns the current term, and whether there are other servers */
export async function noteWriter(sql: ISql, writer: string): Promise<{ term: string; hasOthers: boolean }> {
  const [noted] = await sql<[{ term: string; hasOthers: boolean }]>`
    select term, has_others as "hasOthers" from note_writer(${writer}::uuid)`;
  return noted;
}

/** So that the others need not wait until this server has not been seen for a while. */
export async function leaveAppends(sql: ISql, writer: string): Promise<void> {
  await sql`select leave_appends(${writer}::uuid)`;
}

export interface StoredHeads {
  /** Everything stored from here on, epoch ms, is accounted for in `stored`. */
  from: number;
  stored: Array<{ seriesId: number; newest: number }>;
}

/**
 * The newest stored sample of each series that has any in the last minutes, by the database's clock; of an empty
 * database, everything. Null while servers append that know of no terms: it would not hold for long.
 */
export async function loadHeads(sql: Sql): Promise<StoredHeads | null> {
  const [{ empty, from, quiet }] = await sql<[{ empty: boolean; from: number; quiet: boolean }]>`
    select not exists (select from samples_packed) as empty,
      round(date_part('epoch', now()) * 1000) - ${KNOWN_MS}::float8 as from,
      last_at < clock_timestamp() - ${`${PRESENCE_MS} milliseconds`}::text::interval as quiet
    from append_turn`;
  if (!quiet) return null;
  if (empty) return { from: Number.NEGATIVE_INFINITY, stored: [] };
  const stored = await sql<StoredHeads['stored']>`
    select series_id as "seriesId", round(date_part('epoch', max(ts)) * 1000) as newest
    from samples_packed where ts >= to_timestamp(${from}::float8 / 1000) group by series_id`;
  return { from, stored: [...stored] };
}
