import type { Sql } from 'postgres';
import { MINUTE, SECOND } from '../model';
import { type Connection, type ConnectOptions, connect } from './connection';

/** Longest times a statement may take at the server, ms. The client waits a little longer, see `SILENCE_MS`. */
export const STATEMENT_TIMEOUT_MS = { write: 30 * SECOND, read: 15 * SECOND, bulk: 10 * MINUTE } as const;

/** How long a client waits beyond a statement's own timeout before it takes the connection for dead. */
export const SILENCE_MS = 5 * SECOND;

/** Separate pools, so that neither expensive questions nor upkeep can keep samples from being committed. */
export interface Pools {
  write: Sql;
  read: Sql;
  /** Upkeep, and reading samples in bulk. */
  bulk: Sql;
  close(): Promise<void>;
}

/** Opens the pools; `reading` may be a replica. */
export function openPools(primary: Connection, reading: Connection): Pools {
  const pool = (
    connection: Connection,
    purpose: keyof typeof STATEMENT_TIMEOUT_MS,
    options: ConnectOptions,
    parameters = {},
  ) =>
    connect(connection, {
      // Array parameters are sent as text and rows hold plain numbers and text: no types to look up.
      fetch_types: false,
      connection: {
        application_name: `pulseboard ${purpose}`,
        TimeZone: 'UTC',
        statement_timeout: STATEMENT_TIMEOUT_MS[purpose],
        idle_in_transaction_session_timeout: MINUTE,
        ...parameters,
      },
      ...options,
    });
  const write = pool(primary, 'write', { max: 4 });
  // Not prepared: questions come in endless variety, and each is best planned for its very range, without the
  // partitions of all other times.
  const read = pool(reading, 'read', { max: 6, prepare: false });
  const bulk = pool(primary, 'bulk', { max: 3, prepare: false }, { work_mem: '64MB' });
  return {
    write,
    read,
    bulk,
    async close() {
      await Promise.all([write, read, bulk].map((sql) => sql.end({ timeout: 5 })));
    },
  };
}
