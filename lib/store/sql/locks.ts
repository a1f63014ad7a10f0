/**
 * The advisory locks of the database, all under one first number, in TypeScript and in SQL (`drizzle`). Any numbers
 * do, the same in every server.
 */
export const LOCKS = 0x70756c73;

export const LOCK = {
  /** Appends share it; who seals, or drops raw samples, excludes them. */
  sealing: 1,
  /** One transaction of upkeep at a time. */
  upkeep: 2,
  /** One maker of partitions at a time; taken in SQL. */
  partitions: 3,
  /** One server that migrates at a time. */
  migration: 4,
  /** Of appends before the sealed mark, and of newer ones: who begins a term excludes them; in SQL. */
  lateAppends: 5,
  freshAppends: 6,
  /** The turn of a whole round of upkeep, where that is more than one transaction. */
  round: 7,
  /** Held while an append is announced, so that all servers see intents in one order; in SQL. */
  intents: 8,
  /** Who stores events shares it; who empties a segment of them excludes them. */
  events: 9,
} as const;

/**
 * Of one number, in the database `postgres` of an embedded server: held by the one who uses it, as long as it lives.
 */
export const OWNER_LOCK = LOCKS;
