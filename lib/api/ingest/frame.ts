import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { errorAnswer } from '../../model/wire/error';
import { noBody, parseJsonBody } from '../../write/ingest/json';
import type { WriteResult } from '../../write/ingest/sample';
import type { Precision } from '../../write/ingest/timestamp';

/** A body that came as a WebSocket message, parsed and not yet decoded. */
export interface Frame {
  /** What its sender calls it; undefined where it wants no answer. */
  seq: number | undefined;
  body: unknown;
}

/** How long a sender waits whose frame was refused for now, where the error does not say. */
const RETRY_AFTER_MS = SECOND;

/** @throws PulseError `bad_json`, `bad_body`, `bad_shape`, `too_many_samples`: then its `seq` is not known */
export function readFrame(bytes: Buffer, precision: Precision): Frame {
  const body = parseJsonBody(bytes, precision);
  return { seq: seqOf(body), body };
}

function seqOf(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null) throw noBody();
  if (!Object.hasOwn(body, 'seq')) return undefined;
  const { seq } = body as { seq: unknown };
  // What a number cannot hold exactly would be acknowledged under another name.
  if (Number.isSafeInteger(seq)) return seq as number;
  const message = `seq must be a whole number of at most ${Number.MAX_SAFE_INTEGER}; nothing of this frame was kept.`;
  throw new PulseError('bad_shape', message, { details: [{ path: 'seq' }] });
}

/** The answer to a frame whose every good sample is committed. */
export function ackText(seq: number, { accepted, duplicates, rejected, errors }: WriteResult): string {
  if (rejected > 0) return JSON.stringify({ ack: seq, accepted, duplicates, rejected, errors });
  return `{"ack":${seq},"accepted":${accepted},"duplicates":${duplicates},"rejected":0}`;
}

/**
 * The answer to a frame of which nothing is certain to be kept. With `retryAfterMs` it is to be sent again; without, it
 * will never be taken.
 *
 * @param seq null where it is not known: then it is that of the first frame that is not answered yet
 */
export function nackText(seq: number | null, error: PulseError): string {
  const retryAfterMs = error.retryAfterMs ?? (isForNow(error) ? RETRY_AFTER_MS : undefined);
  const answer = { nack: seq, ...errorAnswer(error), retryAfterMs: retryAfterMs && Math.ceil(retryAfterMs) };
  return JSON.stringify(answer);
}

function isForNow({ status }: PulseError): boolean {
  return status === 408 || status === 429 || status >= 500;
}
