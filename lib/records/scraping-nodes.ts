import { eq, gt, lt, sql } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { OnRecords } from './database';

/** Nodes that scrape, and when each was last there by the database's clock, which is the same for all. */
export const scrapingNodes = pgTable('scraping_nodes', {
  id: text().primaryKey(),
  seenAt: timestamp('seen_at', { withTimezone: true }).notNull().default(sql`now()`),
});

/** Both throw PulseError `database_unavailable`. */
export interface ScrapingNodesRecord {
  /** Says that a node is there. @returns the ids of all that have said so within `withinMs`, this one included */
  announce(id: string, withinMs: number): Promise<string[]>;
  /** Says that it is gone. */
  remove(id: string): Promise<void>;
}

export function scrapingNodesRecord(on: OnRecords): ScrapingNodesRecord {
  const ago = (ms: number) => sql`now() - ${`${ms} milliseconds`}::text::interval`;
  return {
    announce: (id, withinMs) =>
      on(async (database) => {
        const seenAt = sql`now()`;
        await database
          .insert(scrapingNodes)
          .values({ id })
          .onConflictDoUpdate({ target: scrapingNodes.id, set: { seenAt } });
        await database.delete(scrapingNodes).where(lt(scrapingNodes.seenAt, ago(100 * withinMs)));
        const rows = await database
          .select({ id: scrapingNodes.id })
          .from(scrapingNodes)
          .where(gt(scrapingNodes.seenAt, ago(withinMs)));
        return rows.map((row) => row.id);
      }),
    remove: (id) =>
      on(async (database) => void (await database.delete(scrapingNodes).where(eq(scrapingNodes.id, id)))),
  };
}
