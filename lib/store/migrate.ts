import { join } from 'node:path';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import type { TransactionSql } from 'postgres';
import { applyFunctions } from './functions';
import type { Lane } from './lane';
import { LOCK, LOCKS } from './sql/locks';

/** Each part of the schema has a numbered history of its own: what all engines share, then the engine's. */
export type SchemaPart = 'catalogue' | 'records' | 'postgres' | 'timescale';

/**
 * Brings the database to the schema this code expects: the numbered migrations that it has not had, then the functions
 * in their current form. One transaction: all of it happens, or nothing. Safe with several servers starting at once:
 * they wait for each other, and who comes second finds nothing to do.
 */
export function migrate(setup: Lane, parts: readonly SchemaPart[]): Promise<void> {
  return setup.run(async (sql) => {
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCKS}::int, ${LOCK.migration}::int)`;
      await tx`create schema if not exists migrations`;
      for (const part of parts) await applyMigrations(tx, part);
      await applyFunctions(tx, parts);
    });
  });
}

/** The table and the rule are those of drizzle's own migrator, which cannot share a transaction. */
async function applyMigrations(tx: TransactionSql, part: SchemaPart): Promise<void> {
  const history = tx(`migrations.${part}`);
  await tx`create table if not exists ${history} (id serial primary key, hash text not null, created_at bigint)`;
  const [{ newest }] = await tx<[{ newest: number | null }]>`
    select max(created_at)::float8 as newest from ${history}`;
  for (const { sql, hash, folderMillis } of migrationsOf(part)) {
    if (newest !== null && folderMillis <= newest) continue;
    for (const statement of sql) await tx.unsafe(statement);
    await tx`insert into ${history} (hash, created_at) values (${hash}, ${folderMillis})`;
  }
}

function migrationsOf(part: SchemaPart): MigrationMeta[] {
  // From the project's folder, which every way of starting has as its working directory: this code may run from a
  // bundle that lies elsewhere.
  return readMigrationFiles({ migrationsFolder: join(process.cwd(), 'drizzle', part) });
}
