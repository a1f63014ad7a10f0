import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { StatementEnds } from './statement-ends';

/** Whom a wire tells of its end. */
export interface WireEnd {
  /** The session is over; at once. */
  note(): void;
  /** Has the driver refuse all further work, unless it has hung up itself. */
  retire(): Promise<void>;
}

/**
 * What the driver gets for a socket. What it does not take well is kept from it:
 * - The end. postgres.js 3.4.9 goes on with a connection that has ended: statements of a transaction are written to a
 *   socket that is null, from a timer, and what was not written yet, the rows counted so far and the last error come
 *   into the next session (github.com/porsager/postgres issues 1066, 1154, 1208). So it hears of the end as an error,
 *   which ends what is under way, and that the socket has closed only when it takes no more work.
 * - Statements that fail after some of their rows: see `StatementEnds`.
 */
export class Wire extends EventEmitter {
  private isOver = false;
  /** Whether the driver hangs up by itself. */
  private isLeaving = false;
  private readonly ends = new StatementEnds();

  constructor(
    private readonly socket: Socket,
    private readonly whenOver: WireEnd,
  ) {
    super();
    // The driver takes its own off when it hears of the end.
    this.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.emit('data', this.ends.mend(chunk)));
    socket.on('drain', () => this.emit('drain'));
    socket.on('error', (error) => this.finish(error));
    socket.on('close', () => this.finish(lost('CONNECTION_CLOSED', 'The database closed the connection.')));
  }

  get readyState(): string {
    return this.isOver ? 'closed' : this.socket.readyState;
  }

  /** What is written after the end goes nowhere: it has been told to the driver by then. */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean {
    return this.isOver || this.socket.write(bytes, done);
  }

  end(bytes: Uint8Array): void {
    this.isLeaving = true;
    this.socket.end(bytes);
  }

  destroy(): void {
    this.isLeaving = true;
    this.socket.destroy();
  }

  setKeepAlive(enable: boolean, afterMs: number): void {
    this.socket.setKeepAlive(enable, afterMs);
  }

  private finish(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.whenOver.note();
    // Not before the driver listens.
    setImmediate(async () => {
      this.emit('error', error);
      if (!this.isLeaving) await this.whenOver.retire();
      this.emit('close', false);
    });
  }
}

/** The error of a connection that is no more, with a code like the driver's own. */
export function lost(code: `CONNECTION_${string}`, message: string): Error {
  return Object.assign(new Error(message), { code });
}
