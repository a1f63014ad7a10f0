import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { MINUTE, SECOND } from '../model/time/duration';
import { outsideRequests } from '../observe/request-id';
import { type Backend, requestCancel } from './cancel';
import { Client, type Connection, type ConnectOptions, GIVEN_UP } from './connection';
import { codeOf } from './pg-errors';
import type { Address } from './socket';

/** How long a cancel request may take, and how long the statement may take to end after it. */
const CANCEL_MS = SECOND;
const OBEY_MS = 2 * SECOND;
const ASK_AGAIN_MS = 250;
/** An older connection is replaced: the memory that a server keeps for one grows. */
const LONGEST_LIFE_MS = 45 * MINUTE;

/** What a session needs to know of its database. */
export interface SessionEndpoint {
  readonly name: string;
  readonly connection: Connection;
  readonly servers: readonly Address[];
  /** Whether the server accepts settings with a connection. */
  readonly takesSettings: boolean;
  /** Whether a connection failed because of its settings. If so, later ones are made without. */
  refusesSettings(error: unknown): boolean;
}

/**
 * One connection to a database for one caller at a time, opened when it is needed and again after it was lost. Unlike
 * the driver's pools it knows the server's process id and its socket: so a statement can be cancelled on the server,
 * and the connection to a server that does not answer can be closed.
 */
export class Session {
  private client: Client | null = null;
  private backend: Backend | null = null;
  private isPooled = false;
  private openedAt = 0;

  constructor(
    private readonly endpoint: SessionEndpoint,
    private readonly parameters: Record<string, string | number>,
    private readonly options: ConnectOptions,
  ) {}

  /** For statements, once it is open. */
  get sql(): Sql {
    if (!this.client) throw new Error('a session was used before it was opened');
    return this.client.sql;
  }

  /** The server's process id; null while it is not open, and behind a pooler, which reports another one. */
  get pid(): number | null {
    return this.isPooled || this.client?.isOver ? null : (this.backend?.pid ?? null);
  }

  /** Connects where it is not connected. @throws what the driver throws. */
  async open(): Promise<void> {
    const { client } = this;
    if (client && this.backend && !client.isOver) {
      if (performance.now() - this.openedAt < LONGEST_LIFE_MS) return;
      await client.close();
    }
    // A socket keeps what it was opened in, and so would hold the request that happens to need it for all its life.
    await outsideRequests(() => this.connectWithFallback());
  }

  /**
   * Cancels what the server does for this session, until `settled` resolves. When the server does not obey, the
   * connection is closed, which the server notices itself.
   */
  async cancel(settled: Promise<unknown>): Promise<void> {
    const { backend, client } = this;
    if (!backend || !client || client.isOver) return this.destroy();
    let isSettled = false;
    const done = settled.then(() => {
      isSettled = true;
    });
    const giveUpAt = performance.now() + OBEY_MS;
    try {
      // Repeated: work of several statements may be between two of them.
      while (!isSettled && performance.now() < giveUpAt) {
        await requestCancel(client.address, backend, CANCEL_MS);
        await Promise.race([done, sleep(ASK_AGAIN_MS)]);
      }
    } catch {
      // The server cannot be reached.
    }
    if (!isSettled) this.destroy();
  }

  /** Closes the connection at once: whatever waits for it fails. The next `open` makes a new one. */
  destroy(): void {
    this.client?.destroy();
  }

  async close(): Promise<void> {
    await this.client?.close();
  }

  /** Connects; without settings where the server refuses those. */
  private async connectWithFallback(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      if (!this.endpoint.refusesSettings(error)) throw error;
      await this.connect();
    }
  }

  /** To the first server that accepts the connection. */
  private async connect(): Promise<void> {
    const { servers } = this.endpoint;
    for (const [i, server] of servers.entries()) {
      try {
        return await this.greet(server);
      } catch (error) {
        if (i === servers.length - 1 || codeOf(error) === GIVEN_UP) throw error;
      }
    }
  }

  /** The first statement of a connection: its result has the server's process id. */
  private async greet(server: Address): Promise<void> {
    const { connection, takesSettings } = this.endpoint;
    const { connection: always, ...options } = this.options;
    this.backend = null;
    this.client = new Client(connection, server, {
      ...options,
      connection: takesSettings ? { ...always, ...this.parameters } : always,
    });
    try {
      const rows = await this.client.sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
      const { pid, secret } = rows.state;
      this.backend = { pid, secret };
      this.isPooled = rows[0].pid !== pid;
      this.openedAt = performance.now();
    } catch (error) {
      await this.client.close();
      throw error;
    }
  }
}
