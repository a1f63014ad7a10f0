import type { Socket } from 'node:net';
import driver, { type Options, type ParsedOptions, type Sql } from 'postgres';
import { SECOND } from '../model/time/duration';
import { within } from '../runtime/within';
import { type Address, addressesOf, dial, encrypt } from './dial';
import { lost, Wire } from './wire';

/** Where a database is and who may open it: a `postgres://` URL, or an embedded server's socket or port. */
export type Connection =
  | string
  | { path: string; user: string; database: string }
  | { host: string; port: number; user: string; password: string; database: string };

export type ConnectOptions = Options<Record<string, never>>;

/** The code of what waits for a connection that is given up. */
export const GIVEN_UP = 'CONNECTION_DESTROYED';

const CONNECT_MS = 5 * SECOND;
/** A client that leaves lets what is under way finish for so long, s. */
const LEAVE_S = 1;

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
 * after the session has ended fails at once, and whoever wants to go on makes another client. The driver's own way, to
 * connect again by itself, is not safe: see `Wire`.
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
      // Who connects sees to it.
      ssl: false,
      socket: () => this.makeWire(),
    };
    this.sql = clientOf(connection, { fetch_types: false, ...options, ...once });
  }

  /** Whether nothing can be asked of it any more. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Gives the session up at once: whatever waits for it fails. */
  destroy(): void {
    if (!this.socket) return;
    this.note();
    destroy(this.socket);
  }

  /** Ends the session, what is under way within a second. */
  async close(): Promise<void> {
    await this.sql.end({ timeout: LEAVE_S });
    // It waits for the other side to hang up, too, which one that hangs does not.
    this.socket?.destroy();
  }

  private makeWire(): Wire | Promise<Wire> {
    if (this.socket) throw lost('CONNECTION_ENDED', 'The session with the database has ended.');
    const socket = dial(this.address);
    this.socket = socket;
    const whenOver = { note: () => this.note(), retire: () => this.sql.end({ timeout: 0 }) };
    if (!this.address.ssl) return new Wire(socket, whenOver);
    return this.encrypt(socket).then((encrypted) => new Wire(encrypted, whenOver));
  }

  private async encrypt(socket: Socket): Promise<Socket> {
    try {
      const late = () => lost('CONNECTION_TIMEOUT', 'The server does not answer.');
      return await within(encrypt(socket, this.address), CONNECT_MS, late);
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
  socket.destroy(lost(GIVEN_UP, 'The database does not answer on this connection.'));
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
