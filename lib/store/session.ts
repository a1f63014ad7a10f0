import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParsedOptions, Sql } from 'postgres';
import { SECOND } from '../model/time/duration';
import { type Address, type Backend, dial, requestCancel } from './cancel';
import { type ConnectOptions, connect } from './connection';
import type { Endpoint } from './endpoint';

/** A server that runs takes a cancel request within this, and then ends the statement within the second. */
const CANCEL_MS = SECOND;
const OBEY_MS = 2 * SECOND;
const ASK_AGAIN_MS = 250;

/**
 * One connection to a database, opened when it is needed and again when it was lost, for one caller at a time. Other
 * than the driver's own pools, it knows what the server calls it, and its socket: so what it does can be cancelled on
 * the server, and a server that does not answer can be let go of.
 */
export class Session {
  private client: Sql;
  private socket: Socket | null = null;
  private backend: Backend | null = null;
  private address: Address | null = null;
  private hostIndex = 0;
  /** Set while the connection is given up: the driver would otherwise connect again for what it has not sent yet. */
  private doom: Error | null = null;
  private isPooled = false;
  /** Resolves when the driver knows that the connection has ended. */
  private end = Promise.resolve();
  private announceEnd: () => void = () => {};

  constructor(
    private readonly endpoint: Endpoint,
    private readonly parameters: Record<string, string | number>,
    private readonly options: ConnectOptions,
  ) {
    this.client = this.makeClient();
  }

  get sql(): Sql {
    return this.client;
  }

  /** What the server calls this connection; null while it is not open, and behind a pooler, which calls it otherwise. */
  get pid(): number | null {
    return this.isPooled ? null : (this.backend?.pid ?? null);
  }

  /** Connects where it is not connected. @throws what the driver throws. */
  async open(): Promise<void> {
    // What the driver is asked between the error of a socket and its end, it never answers.
    if (this.socket?.destroyed) await this.end;
    this.doom = null;
    if (this.backend) return;
    try {
      await this.greet();
    } catch (error) {
      if (!this.endpoint.refusesSettings(error)) throw error;
      await this.client.end({ timeout: 0 });
      this.client = this.makeClient();
      await this.greet();
    }
  }

  /**
   * Has the server end what it is doing for this session, until `settled` resolves. Where it does not, the connection
   * is given up; the server notices that by itself.
   */
  async cancel(settled: Promise<unknown>): Promise<void> {
    const { backend, address } = this;
    if (!backend || !address) return this.destroy();
    let isSettled = false;
    const done = settled.then(() => {
      isSettled = true;
    });
    const giveUpAt = performance.now() + OBEY_MS;
    try {
      // Again and again: work of several statements may be between two of them.
      while (!isSettled && performance.now() < giveUpAt) {
        await requestCancel(address, this.client.options.ssl, backend, CANCEL_MS);
        await Promise.race([done, sleep(ASK_AGAIN_MS)]);
      }
    } catch {
      // It cannot be reached, and so cannot be made to end it.
    }
    if (!isSettled) this.destroy();
  }

  /** Gives the connection up at once: whatever waits for it fails. The next `open` makes a new one. */
  destroy(): void {
    const lost = Object.assign(new Error('The database does not answer on this connection.'), {
      code: 'CONNECTION_DESTROYED',
    });
    // With several hosts the driver goes on to the next by itself.
    if (this.client.options.host.length === 1) this.doom = lost;
    if (this.socket) destroy(this.socket, lost);
  }

  async close(): Promise<void> {
    await this.client.end({ timeout: 1 });
    // It waits for the other side to hang up, too, which one that hangs does not.
    this.socket?.destroy();
  }

  private makeClient(): Sql {
    const { connection, takesSettings } = this.endpoint;
    const { connection: always, ...options } = this.options;
    return connect(connection, {
      ...options,
      max: 1,
      // One caller at a time, who sends one statement after the other: whoever paces calls sits before this.
      backoff: () => 0,
      connection: takesSettings ? { ...always, ...this.parameters } : always,
      socket: (parsed) => this.makeSocket(parsed),
      onclose: () => this.noteEnd(),
    });
  }

  private makeSocket({ path, host, port }: ParsedOptions): Socket {
    const at = this.hostIndex++ % host.length;
    this.address = path ? { path } : { host: host[at], port: port[at] };
    const socket = dial(this.address);
    // The driver looks here for the name on the server's certificate.
    Object.assign(socket, { host: host[at], port: port[at] });
    // The driver may connect again without a word of the last end.
    this.noteEnd();
    this.socket = socket;
    this.end = new Promise((resolve) => {
      this.announceEnd = resolve;
    });
    const { doom } = this;
    // Not before the driver listens.
    if (doom) setImmediate(() => destroy(socket, doom));
    return socket;
  }

  private noteEnd(): void {
    this.backend = null;
    this.announceEnd();
  }

  /** The first statement of a connection: its result tells what the server calls it. */
  private async greet(): Promise<void> {
    const rows = await this.client<[{ pid: number }]>`select pg_backend_pid() as pid`;
    const { pid, secret } = rows.state;
    this.backend = { pid, secret };
    this.isPooled = rows[0].pid !== pid;
  }
}

function destroy(socket: Socket, error: Error): void {
  // Under TLS the driver has taken its own listeners off.
  socket.on('error', () => {});
  socket.destroy(error);
}
