import { gt, lt, sql } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { OnRecords } from './database';

/** Sessions signed out before they expired: the id within the cookie, which is of no use to anyone, until its end. */
export const endedSessions = pgTable('ended_sessions', {
  id: text().primaryKey(),
  until: timestamp({ withTimezone: true }).notNull(),
});

/** A session, and when it would have expired, epoch ms. */
export interface EndedSession {
  id: string;
  until: number;
}

/** Both throw PulseError `database_unavailable`. */
export interface EndedSessionsRecord {
  /** Records that a session was signed out, and forgets those that have expired. Once more does no harm. */
  add(session: EndedSession): Promise<void>;
  /** Sessions that were signed out and have not expired at `now`, epoch ms. */
  list(now: number): Promise<EndedSession[]>;
}

export function endedSessionsRecord(on: OnRecords): EndedSessionsRecord {
  return {
    add: ({ id, until }) =>
      on(async (database) => {
        await database.delete(endedSessions).where(lt(endedSessions.until, sql`now()`));
        await database
          .insert(endedSessions)
          .values({ id, until: new Date(until) })
          .onConflictDoNothing();
      }),
    list: (now) =>
      on(async (database) => {
        const rows = await database
          .select()
          .from(endedSessions)
          .where(gt(endedSessions.until, new Date(now)));
        return rows.map(({ id, until }) => ({ id, until: until.getTime() }));
      }),
  };
}
