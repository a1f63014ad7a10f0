import { SECOND } from '../model/time/duration';
import type { ErrorAnswer } from '../model/wire/error';
import type { PostResponse } from './post';

/** What an answer means for the samples that were posted. */
export type PostOutcome =
  | { kind: 'stored'; complaint: string | null }
  /** The server will never accept this body: it is dropped. */
  | { kind: 'refused'; complaint: string }
  | { kind: 'too_large' }
  | { kind: 'later'; reason: string; afterMs: number | null };

/** A wrong key or address is not corrected within seconds; to try every second would only fill logs. */
const CONFIGURATION_RETRY_MS = 30 * SECOND;

/** What the status codes of `POST /api/metrics` mean for a sender. */
export function classifyResponse({ status, body, retryAfterMs }: PostResponse): PostOutcome {
  if (status === 200) return { kind: 'stored', complaint: describeRejected(body) };
  if (status === 413) return { kind: 'too_large' };
  if (status === 400 || status === 415) {
    return { kind: 'refused', complaint: `the server refused samples: ${messageOf(body, status)}` };
  }
  const isTemporary = status === 408 || status === 429 || status >= 500;
  return {
    kind: 'later',
    reason: messageOf(body, status),
    afterMs: retryAfterMs ?? (isTemporary ? null : CONFIGURATION_RETRY_MS),
  };
}

/** What is read of the answer to a write; a proxy may answer anything. */
interface PartialAnswer {
  rejected?: number;
  errors?: Array<{ code: string; message: string }>;
}

function messageOf(body: unknown, status: number): string {
  const message = (body as Partial<ErrorAnswer> | null)?.error?.message;
  return message ? `${status}, ${message}` : `it answered ${status}`;
}

/** One line for what was rejected of an accepted body, naming each kind once; null when all was taken. */
export function describeRejected(body: unknown): string | null {
  const { rejected = 0, errors = [] } = (body ?? {}) as PartialAnswer;
  if (rejected === 0) return null;
  const kinds = new Map(errors.map(({ code, message }) => [code, message]));
  return `the server rejected samples: ${[...kinds].map(([code, message]) => `${code} (${message})`).join('; ')}`;
}
