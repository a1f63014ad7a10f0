import type { Answer } from '../tally';

/** Where messages go. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly contentType: string;
}

/** What a connection has to tell. */
export interface WireEvents {
  /** The answer to the oldest message without one. */
  answer(answer: Answer): void;
  /** The connection is of no use any more. */
  fail(what: string): void;
}

/** One connection. */
export interface Wire {
  /** Whether bytes that were written are still in this process: they must not be changed. */
  isBusy(): boolean;
  write(message: Buffer): void;
  traffic(): { sent: number; received: number };
  close(): void;
}

export interface Transport {
  /** How many messages may be without an answer on one connection. */
  readonly atATime: number;
  /** The bytes around a body, the same for every message of its length. */
  frame(body: Buffer, target: Target): { before: Buffer; after?: Buffer };
  connect(target: Target, events: WireEvents): Promise<Wire>;
}

/** As much of an error's body as is counted apart. */
const REASON_LENGTH = 80;

/**
 * What Pulseboard says of a message, wherever it says it: `{"accepted":10,"duplicates":0,"rejected":0}` or an error.
 * A peer says 204.
 */
export function readAnswer(status: string, text: string): Answer {
  if (status === '204') return { outcome: 'ok', accepted: 'all', duplicates: 0 };
  if (status !== '200')
    return { outcome: `${status} ${text.slice(0, REASON_LENGTH)}`.trim(), accepted: 0, duplicates: 0 };
  return {
    outcome: 'ok',
    accepted: numberAt(text, '"accepted":'),
    duplicates: numberAt(text, '"duplicates":'),
  };
}

/** The whole number after `name`; NaN where it is missing. */
export function numberAt(text: string, name: string): number {
  const start = text.indexOf(name);
  return start === -1
    ? Number.NaN
    : Number.parseInt(text.slice(start + name.length, start + name.length + 16), 10);
}
