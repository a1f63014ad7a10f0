import type { Socket } from 'node:net';
import postgres, { type Options, type ParsedOptions, type Sql } from 'postgres';

/** Where a database is and who may open it: a `postgres://` URL, or an embedded server's socket or port. */
export type Connection =
  | string
  | { path: string; user: string; database: string }
  | { host: string; port: number; user: string; password: string; database: string };

export type ConnectOptions = Options<Record<string, never>> & {
  /** Makes the socket of each new connection; it may still be connecting. */
  socket?: (options: ParsedOptions) => Socket;
};

/** Opens a pool; nothing is sent before the first query. */
export function connect(connection: Connection, options: ConnectOptions): Sql {
  const common: ConnectOptions = {
    connect_timeout: 5,
    // Its default waits up to 20 s before it looks again whether a server is back.
    backoff: (attempts) => Math.min(1, 0.05 * 2 ** attempts),
    onnotice: () => {},
    ...options,
  };
  return typeof connection === 'string'
    ? postgres(connection, common)
    : postgres({ ...connection, ...common });
}

/** For people: the host and database of a URL, without its password. */
export function describeUrl(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `PostgreSQL at ${hostname || 'localhost'}${port ? `:${port}` : ''}, database ${pathname.slice(1) || 'postgres'}`;
}
