import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { StatementEnds } from './statement-ends';

/** Is called at the end of the session. */
export interface SessionEnd {
  /** Called at once when the session is over. */
  note(): void;
  /** Makes the driver refuse all further work, unless it has closed the session itself. */
  retire(): Promise<void>;
}

/**
 * The driver gets this in place of a socket. Two things that it handles wrongly are kept from it:
 * - The end. postgres.js 3.4.9 goes on with a connection that has ended: statements of a transaction are written to a
 *   socket that is null, from a timer, and what was not written yet, the rows counted so far and the last error come
 *   into the next session (github.com/porsager/postgres issues 1066, 1154, 1208). So it learns of the end as an error,
 *   which ends what is under way, and that the socket has closed only when it takes no more work.
 * - Statements that fail after some of their rows: see `StatementEnds`.
 */
export class DriverSocket extends EventEmitter {
  private isOver = false;
  /** Whether the driver closes the connection itself. */
  private isClosing = false;
  private readonly ends = new StatementEnds();

  constructor(
    private readonly socket: Socket,
    private readonly whenOver: SessionEnd,
  ) {
    super();
    // The driver removes its own listener at the end.
    this.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.emit('data', this.ends.mend(chunk)));
    socket.on('drain', () => this.emit('drain'));
    socket.on('error', (error) => this.finish(error));
    socket.on('close', () =>
      this.finish(connectionError('CONNECTION_CLOSED', 'The database closed the connection.')),
    );
  }

  get readyState(): string {
    return this.isOver ? 'closed' : this.socket.readyState;
  }

  /** Nothing is written after the end, which the driver knows of by then. */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean {
    return this.isOver || this.socket.write(bytes, done);
  }

  end(bytes: Uint8Array): void {
    this.isClosing = true;
    this.socket.end(bytes);
  }

  destroy(): void {
    this.isClosing = true;
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
      if (!this.isClosing) await this.whenOver.retire();
      this.emit('close', false);
    });
  }
}

/** The error of a connection that is no more, with a code like the driver's own. */
export function connectionError(code: `CONNECTION_${string}`, message: string): Error {
  return Object.assign(new Error(message), { code });
}
