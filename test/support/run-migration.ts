import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';

/** Runs one migration by itself, once more if need be, as a database that has not had it would. */
export async function runMigration(sql: Sql, path: string): Promise<void> {
  const statements = (await readFile(path, 'utf8')).split('--> statement-breakpoint');
  await sql.begin(async (tx) => {
    for (const statement of statements) await tx.unsafe(statement);
  });
}
