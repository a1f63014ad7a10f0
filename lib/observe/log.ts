import pino, { type Logger } from 'pino';
import { once } from '../env/once';
import { currentRequestId } from './request-id';

export type { Logger };

const MOST_WAITING_BYTES = 2 ** 20;

/**
 * The process's log: one JSON line an event on stderr, so that stdout stays for people, with the request it belongs to
 * if any. Never log a secret or a body.
 */
export function log(): Logger {
  return once('log', () =>
    pino({ level: process.env.LOG_LEVEL ?? 'info', base: null, mixin: requestFields }, destination()),
  );
}

function destination() {
  // What cannot be written waits for the next line, and there is a limit to that.
  const stderr = pino.destination({ dest: 2, sync: true, maxLength: MOST_WAITING_BYTES });
  // A closed terminal or a full disk is no reason to end, and there is no other place to log to.
  stderr.on('error', () => undefined);
  return stderr;
}

function requestFields(): { requestId?: string } {
  const requestId = currentRequestId();
  return requestId === undefined ? {} : { requestId };
}

/** Logs an answer at `debug`. Of the URL only the path: parameters may be private. */
export function logAnswer(answer: { method: string; path: string; status: number; ms: number }): void {
  if (log().isLevelEnabled('debug')) log().debug(answer, 'answered');
}
