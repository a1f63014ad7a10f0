import type { Server } from 'node:http';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import { isRunByNpm, onHangUp, watchRunner } from '../runtime/process/parent.mjs';

/** How long requests under way, and connections of other protocols, may take to finish. */
export const FINISH_MS = 5 * SECOND;
const IDLE_SWEEP_MS = 50;
/** How long everything may take; only a database that does not answer takes longer. */
const STOP_MS = 15 * SECOND;
/** Under npm Ctrl-C arrives from the terminal and again from npm, as soon as a busy machine lets it. */
const ECHO_MS = SECOND;

/**
 * Stops taking connections, ends the open streams, and lets requests under way finish; those that take longer
 * than five seconds are cut off. Resolves when no connection is left.
 */
export async function closeServer(server: Server, drain: AbortController): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  drain.abort();
  // A kept connection becomes idle when its request is answered, and would then wait for the next one.
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cutOff = setTimeout(() => server.closeAllConnections(), FINISH_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cutOff);
}

/**
 * Runs `stop` once, whatever asks for it: a signal, a terminal that closes, the end of the npm that runs this as its
 * `script`, or an error that was not caught. A second signal ends the process at once.
 */
export function stopOnSignals(stop: () => Promise<void>, script = ''): void {
  ignoreOutputErrors();
  let stoppingSince: number | null = null;
  const end = (exitCode: number) => {
    stoppingSince = performance.now();
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
  const echoMs = isRunByNpm(script) ? ECHO_MS : 0;
  const endBy = () => {
    if (stoppingSince === null) end(0);
    else if (performance.now() - stoppingSince >= echoMs) process.exit(1);
  };
  const endOnceFor = (reason: string) => () => {
    if (stoppingSince !== null) return;
    log().warn(`${reason}; stopping`);
    end(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, endBy);
  onHangUp(endOnceFor('the terminal is closed'));
  watchRunner(script, endOnceFor('the npm that ran this server is gone'));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      log().fatal({ err: error }, event);
      if (stoppingSince === null) end(1);
    });
  }
}

/** Output may fail (a closed terminal, a full disk): no reason to end. */
function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
