import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import { type Connection, connect } from './connection';

/** Any two numbers, the same in every server: the lock that lets one of them migrate at a time. */
const MIGRATION_LOCK = [0x70756c73, 4] as const;

/** Each part of the schema has a numbered history of its own: what all engines share, then the engine's, then what it has of its own here. */
export type SchemaPart = 'catalogue' | 'postgres' | 'hypertable' | 'timescale';

/**
 * Brings the database to the schema this code expects. Safe with several servers starting at once: they wait for
 * each other, and who comes second finds nothing to do. A migration is one transaction: it happens or it does not.
 */
export async function migrate(connection: Connection, parts: readonly SchemaPart[]): Promise<void> {
  // A pool of one, so that the lock and the migrations share a session; and of its own, since drizzle
  // replaces the type parsers of a pool it is given.
  const sql = connect(connection, {
    max: 1,
    fetch_types: false,
    connection: { application_name: 'pulseboard migrate' },
  });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK[0]}::int, ${MIGRATION_LOCK[1]}::int)`;
    for (const part of parts) {
      await runMigrations(drizzle(sql), {
        // From the project's folder, which every way of starting has as its working directory: this code may
        // run from a bundle that lies elsewhere.
        migrationsFolder: join(process.cwd(), 'drizzle', part),
        migrationsSchema: 'migrations',
        migrationsTable: part,
      });
    }
  } finally {
    // Ends the session, and the lock with it.
    await sql.end({ timeout: 5 });
  }
}
