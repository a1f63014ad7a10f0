import type { Socket } from 'node:net';
import driver, { type Options, type ParsedOptions, type Sql } from 'postgres';
import { SECOND } from '../model/time/duration';
import { within } from '../runtime/within';
import { connectionError, DriverSocket } from './driver-socket';
import { type Address, addressesOf, openSocket, startTls } from './socket';

/** Where a database is and who may open it: a `postgres://` URL, or an embedded server's socket or port. */
export type Connection =
  | string
  | { path: string; user: string; database: string }
  | { host: string; port: number; user: string; password: string; database: string };

export type ConnectOptions = Options<Record<string, never>>;

/** The code of the error of calls whose connection is destroyed. */
export const GIVEN_UP = 'CONNECTION_DESTROYED';

const CONNECT_MS = 5 * SECOND;
/** How long a closing client waits for its statements, s. */
const CLOSE_S = 1;

/** Where the servers of a connection listen, in the order they are to be tried. */
export function serversOf(connection: Connection): Address[] {
  return addressesOf(clientOf(connection, {}).options);
}

/** A client on the first server of a connection. @param onEnd see `Client` */
export function connect(connection: Connection, options: ConnectOptions, onEnd?: () => void): Client {
  return new Client(connection, serversOf(connection)[0], options, onEnd);
}

/**
 * A client of the driver for one session of a server. It connects with the first statement, once: whatever it is asked
 * after the session has ended fails at once, and a caller that goes on makes another client. The driver's own way, to
 * connect again by itself, is not safe: see `DriverSocket`.
 */
export class Client {
  readonly sql: Sql;
  private socket: Socket | null = null;
  private hasEnded = false;

  /** @param onEnd called once, when the session has ended, also by `close`. */
  constructor(
    connection: Connection,
    readonly address: Address,
    options: ConnectOptions,
    private readonly onEnd: () => void = () => {},
  ) {
    const once = {
      ...('path' in address ? { path: address.path } : { host: address.host, port: address.port }),
      max: 1,
      idle_timeout: undefined,
      max_lifetime: null,
      // `makeSocket` starts TLS.
      ssl: false,
      socket: () => this.makeSocket(),
    };
    this.sql = clientOf(connection, { fetch_types: false, ...options, ...once });
  }

  /** Whether nothing can be asked of it any more. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Ends the session at once: whatever waits for it fails. */
  destroy(): void {
    if (!this.socket) return;
    this.note();
    destroy(this.socket);
  }

  /** Ends the session; its statements have a second to finish. */
  async close(): Promise<void> {
    await this.sql.end({ timeout: CLOSE_S });
    // `end` waits until the other side closes, which a server that hangs does not do.
    this.socket?.destroy();
  }

  private makeSocket(): DriverSocket | Promise<DriverSocket> {
    if (this.socket) throw connectionError('CONNECTION_ENDED', 'The session with the database has ended.');
    const socket = openSocket(this.address);
    this.socket = socket;
    const whenOver = { note: () => this.note(), retire: () => this.sql.end({ timeout: 0 }) };
    if (!this.address.ssl) return new DriverSocket(socket, whenOver);
    return this.startTls(socket).then((encrypted) => new DriverSocket(encrypted, whenOver));
  }

  private async startTls(socket: Socket): Promise<Socket> {
    try {
      const late = () => connectionError('CONNECTION_TIMEOUT', 'The server does not answer.');
      return await within(startTls(socket, this.address), CONNECT_MS, late);
    } catch (error) {
      this.note();
      destroy(socket);
      throw error;
    }
  }

  private note(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onEnd();
  }
}

function destroy(socket: Socket): void {
  // Under TLS nobody listens to it any more.
  socket.on('error', () => {});
  socket.destroy(connectionError(GIVEN_UP, 'The database does not answer on this connection.'));
}

function clientOf(connection: Connection, options: ConnectOptions): Sql & { options: ParsedOptions } {
  const common: ConnectOptions = { connect_timeout: CONNECT_MS / SECOND, onnotice: () => {}, ...options };
  return typeof connection === 'string' ? driver(connection, common) : driver({ ...connection, ...common });
}

/** For people: the host and database of a URL, without its password. */
export function describeUrl(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `PostgreSQL at ${hostname || 'localhost'}${port ? `:${port}` : ''}, database ${pathname.slice(1) || 'postgres'}`;
}
