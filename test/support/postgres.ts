import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A fresh, empty database on the test run's server: one for every test file, so that files may run side by side. */
export async function createTestDatabase(server = inject('postgresUrl')): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administrate(server, (sql) => sql`create database ${sql(name)}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => administrate(server, (sql) => sql`drop database if exists ${sql(name)} with (force)`),
  };
}

async function administrate(server: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {}, fetch_types: false });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}
