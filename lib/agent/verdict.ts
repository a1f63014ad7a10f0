import { SECOND } from '../model/time/duration';
import type { Answer } from './post';

/** What an answer means for the samples that were posted. */
export type Verdict =
  | { outcome: 'stored'; complaint: string | null }
  /** The same body will never be taken: it goes, the next may do better. */
  | { outcome: 'refused'; complaint: string }
  | { outcome: 'too_large' }
  | { outcome: 'later'; reason: string; afterMs: number | null };

/** Nobody gives a new key or address within seconds; asking every second would only fill logs. */
const CONFIGURATION_RETRY_MS = 30 * SECOND;

/** The contract's table of answers, from the sender's side. */
export function judge({ status, body, retryAfterMs }: Answer): Verdict {
  if (status === 200) return { outcome: 'stored', complaint: describeRejected(body) };
  if (status === 413) return { outcome: 'too_large' };
  if (status === 400 || status === 415) {
    return { outcome: 'refused', complaint: `the server refused samples: ${messageOf(body, status)}` };
  }
  const isTemporary = status === 408 || status === 429 || status >= 500;
  return {
    outcome: 'later',
    reason: messageOf(body, status),
    afterMs: retryAfterMs ?? (isTemporary ? null : CONFIGURATION_RETRY_MS),
  };
}

interface ErrorAnswer {
  error?: { message?: string };
}

interface IngestAnswer {
  rejected?: number;
  errors?: Array<{ code: string; message: string }>;
}

function messageOf(body: unknown, status: number): string {
  const message = (body as ErrorAnswer | null)?.error?.message;
  return message ? `${status}, ${message}` : `it answered ${status}`;
}

/** One line for what was rejected of an accepted body, naming each kind once; null when all was taken. */
function describeRejected(body: unknown): string | null {
  const { rejected = 0, errors = [] } = (body ?? {}) as IngestAnswer;
  if (rejected === 0) return null;
  const kinds = new Map(errors.map(({ code, message }) => [code, message]));
  return `the server rejected samples: ${[...kinds].map(([code, message]) => `${code} (${message})`).join('; ')}`;
}
