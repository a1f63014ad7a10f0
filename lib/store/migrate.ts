import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import type { Lane } from './lane';
import { LOCK, LOCKS } from './sql/locks';

/** Each part of the schema has a numbered history of its own: what all engines share, then the engine's, then what it has of its own here. */
export type SchemaPart = 'catalogue' | 'records' | 'postgres' | 'hypertable' | 'timescale';

/**
 * Brings the database to the schema this code expects. Safe with several servers starting at once: they wait for
 * each other, and who comes second finds nothing to do. A migration is one transaction: it happens or it does not.
 */
export function migrate(setup: Lane, parts: readonly SchemaPart[]): Promise<void> {
  // A session of its own: the lock ends with it, and drizzle replaces the type parsers of what it is given.
  return setup.run(async (sql) => {
    await sql`select pg_advisory_lock(${LOCKS}::int, ${LOCK.migration}::int)`;
    for (const part of parts) {
      await runMigrations(drizzle(sql), {
        // From the project's folder, which every way of starting has as its working directory: this code may
        // run from a bundle that lies elsewhere.
        migrationsFolder: join(process.cwd(), 'drizzle', part),
        migrationsSchema: 'migrations',
        migrationsTable: part,
      });
    }
  });
}
