import type { Socket } from 'node:net';

/** Why reading has ended. */
export type ReadEnd = 'closed' | 'silent' | 'stopped';

/**
 * What a connection sends, until it closes, is silent for `idleMs`, or `stop` is aborted; then what has arrived is
 * read to its end all the same. It is not read while the last piece is worked on, so that its sender waits.
 */
export async function* piecesOf(
  socket: Socket,
  idleMs: number,
  stop: AbortSignal,
): AsyncGenerator<Buffer, ReadEnd> {
  for (;;) {
    for (let piece = socket.read(); piece !== null; piece = socket.read()) yield piece as Buffer;
    if (socket.readableEnded || socket.destroyed) return 'closed';
    if (stop.aborted) return 'stopped';
    if (!(await hasNews(socket, idleMs, stop))) return 'silent';
  }
}

/** Resolves when there is something to read or nothing more will be; with false after `idleMs`. */
function hasNews(socket: Socket, idleMs: number, stop: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (hasNews: boolean) => {
      clearTimeout(timer);
      for (const event of EVENTS) socket.off(event, come);
      stop.removeEventListener('abort', come);
      resolve(hasNews);
    };
    const come = () => settle(true);
    const timer = setTimeout(() => settle(false), idleMs);
    for (const event of EVENTS) socket.on(event, come);
    stop.addEventListener('abort', come);
  });
}

const EVENTS = ['readable', 'end', 'close'] as const;
