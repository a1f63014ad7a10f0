import pino, { type Logger } from 'pino';
import { once } from './once';

export type { Logger };

/** The process's log: one JSON line an event on stderr, so that stdout stays for people. Never log a secret or a body. */
export function log(): Logger {
  return once('log', () =>
    pino({ level: process.env.LOG_LEVEL ?? 'info', base: null }, pino.destination({ dest: 2, sync: true })),
  );
}
