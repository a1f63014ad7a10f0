import type { Server } from 'node:http';
import { drain } from '../drain';
import { log } from '../log';
import { SECOND } from '../model';

/** How long requests under way may take to finish. */
const FINISH_MS = 5 * SECOND;
const IDLE_SWEEP_MS = 50;
/** How long everything may take; only a database that does not answer takes longer. */
const STOP_MS = 15 * SECOND;

/**
 * Stops taking connections, ends the open streams, and lets requests under way finish; those that take longer
 * than five seconds are cut off. Resolves when no connection is left.
 */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  drain().abort();
  // A kept connection becomes idle when its request is answered, and would then wait for the next one.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cutOff = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cutOff);
}

/**
 * Runs `stop` once, whatever asks for it: a signal, or an error nobody caught. A second signal ends the process at
 * once.
 */
export function stopOnSignals(stop: () => Promise<void>): void {
  let stopping = false;
  const end = (exitCode: number) => {
    if (stopping) process.exit(exitCode || 1);
    stopping = true;
    setTimeout(() => {
      log().error('the stop took too long; ending all the same');
      process.exit(1);
    }, STOP_MS).unref();
    stop().then(
      () => process.exit(exitCode),
      (error) => {
        log().error({ err: error }, 'the stop was not in order');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end(0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log().fatal({ err: error }, event);
      if (!stopping) end(1);
    });
  }
}
