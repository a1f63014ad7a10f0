import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { type Connection, connect } from '../connection';
import { OWNER_LOCK } from '../sql/locks';

const NAME = 'pulseboard owner';
const PATIENCE_MS = 3_000;

export type EmbeddedConnection = Exclude<Connection, string>;

export interface Ownership {
  release(): Promise<void>;
}

/**
 * Claims the database for this process: one session that holds a lock, so that the claim ends with the process,
 * however that ends. `onLost` is called once when the session breaks.
 *
 * @returns the pid of the process that holds the claim, when that is another one.
 */
export async function claim(
  connection: EmbeddedConnection,
  onLost: () => void,
): Promise<{ owned: Ownership } | { heldBy: string }> {
  let watched = false;
  const options = { database: 'postgres', connection: { application_name: `${NAME} ${process.pid}` } };
  const client = connect(connection, options, () => {
    if (!watched) return;
    watched = false;
    onLost();
  });
  try {
    const heldBy = await tryLock(client.sql);
    if (heldBy === null) {
      watched = true;
      const release = async () => {
        watched = false;
        await client.close();
      };
      return { owned: { release } };
    }
    await client.close();
    return { heldBy };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** A process that was killed a moment ago may still be letting go. */
async function tryLock(sql: Sql): Promise<string | null> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const [{ locked }] = await sql`select pg_try_advisory_lock(${OWNER_LOCK}::bigint) as locked`;
    if (locked) return null;
    if (Date.now() > giveUpAt) return holder(sql);
    await sleep(100);
  }
}

async function holder(sql: Sql): Promise<string> {
  const [found] = await sql`
    select application_name as name
    from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objid = ${OWNER_LOCK}::bigint::oid`;
  return found ? String(found.name).replace(`${NAME} `, '') : 'unknown';
}

/** Creates the database inside the server on its first start. */
export async function ensureDatabase(connection: EmbeddedConnection): Promise<void> {
  const client = connect(connection, { database: 'postgres' });
  const { sql } = client;
  try {
    const [known] = await sql`select from pg_database where datname = ${connection.database}`;
    if (!known) await sql`create database ${sql(connection.database)}`;
  } finally {
    await client.close();
  }
}
