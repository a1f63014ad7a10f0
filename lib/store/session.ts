import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { MINUTE, SECOND } from '../model/time/duration';
import { type Backend, requestCancel } from './cancel';
import { Client, type Connection, type ConnectOptions, GIVEN_UP } from './connection';
import type { Address } from './dial';
import { codeOf } from './trouble';

/** A server that runs takes a cancel request within this, and then ends the statement within the second. */
const CANCEL_MS = SECOND;
const OBEY_MS = 2 * SECOND;
const ASK_AGAIN_MS = 250;
/** A connection that is older is replaced: what a server keeps for one grows. */
const LONGEST_LIFE_MS = 45 * MINUTE;

/** What a session needs to know of its database. */
export interface SessionEndpoint {
  readonly name: string;
  readonly connection: Connection;
  readonly servers: readonly Address[];
  /** Whether a connection may bring settings of its own. */
  readonly takesSettings: boolean;
  /** Notes it when a connection failed for its settings: whether it is worth trying without. */
  refusesSettings(error: unknown): boolean;
}

/**
 * One connection to a database, opened when it is needed and again when it was lost, for one caller at a time. Other
 * than the driver's own pools, it knows what the server calls it, and its socket: so what it does can be cancelled on
 * the server, and a server that does not answer can be let go of.
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

  /** What the server calls this connection; null while it is not open, and behind a pooler, which calls it otherwise. */
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
    try {
      await this.connect();
    } catch (error) {
      if (!this.endpoint.refusesSettings(error)) throw error;
      await this.connect();
    }
  }

  /**
   * Has the server end what it is doing for this session, until `settled` resolves. Where it does not, the connection
   * is given up; the server notices that by itself.
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
      // Again and again: work of several statements may be between two of them.
      while (!isSettled && performance.now() < giveUpAt) {
        await requestCancel(client.address, backend, CANCEL_MS);
        await Promise.race([done, sleep(ASK_AGAIN_MS)]);
      }
    } catch {
      // It cannot be reached, and so cannot be made to end it.
    }
    if (!isSettled) this.destroy();
  }

  /** Gives the connection up at once: whatever waits for it fails. The next `open` makes a new one. */
  destroy(): void {
    this.client?.destroy();
  }

  async close(): Promise<void> {
    await this.client?.close();
  }

  /** To the first of the servers that takes us. */
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

  /** The first statement of a connection: its result tells what the server calls it. */
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
