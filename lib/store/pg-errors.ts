import { isPulseError, PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';

/** A lock was not free within the `lock_timeout`. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** Decides what the timeout of a statement means: the question was too large, or the write was too slow. */
export type Purpose = 'read' | 'write';

/** SQLSTATEs, and classes of them (two characters), of a database that is unavailable for some time. */
const AWAY = new Set([
  '08',
  '57P01',
  '57P02',
  '57P03',
  '53',
  '25006',
  '40001',
  '40P01',
  LOCK_NOT_AVAILABLE,
  '58',
]);
/** The driver's and the system's codes of a broken or refused connection. */
const BROKEN =
  /^(CONNECTION_\w+|CONNECT_TIMEOUT|ECONN\w+|ENOENT|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|ENOTFOUND|EAI_AGAIN|EACCES)$/;
/** Wrong credentials, no such database, no rights: somebody has to change something. */
const REFUSED = new Set(['28000', '28P01', '3D000', '42501']);
const CANCELLED = '57014';
const RETRY_AFTER_MS = SECOND;

/** The `PulseError` for an error of the database; an error that is none of these is returned as it is. */
export function toPulseError(error: unknown, purpose: Purpose): unknown {
  if (isPulseError(error)) return error;
  const code = codeOf(error);
  if (code === CANCELLED && purpose === 'read')
    return new PulseError(
      'too_expensive',
      'The database gave up on this question for taking too long: ask for a shorter range, a coarser step or fewer series.',
      { cause: error },
    );
  if (code === CANCELLED || isAway(error) || isRefused(error))
    return new PulseError('database_unavailable', adviceFor(code), {
      cause: error,
      retryAfterMs: RETRY_AFTER_MS,
    });
  return error;
}

function adviceFor(code: string): string {
  if (code === '53100') return 'The disk of the database is full: free some space.';
  if (REFUSED.has(code))
    return 'The database refuses this server: somebody has to mend its user, password or rights.';
  return 'The database cannot be reached at the moment; try again shortly.';
}

/** Whether the database is unavailable for some time. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  return BROKEN.test(code) || AWAY.has(code) || AWAY.has(code.slice(0, 2));
}

/** Whether the database refuses the connection until somebody changes something. */
export function isRefused(error: unknown): boolean {
  return REFUSED.has(codeOf(error));
}

/** Whether the statement was in conflict with another (deadlock, serialization) and can be sent again. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** Whether there is no partition yet for a row. */
export function isMissingPartition(error: unknown): boolean {
  return codeOf(error) === '23514' && /no partition of relation/.test((error as Error).message);
}

/** The database's or driver's code of an error, or of its `cause`; '' for none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (isPulseError(error)) return codeOf(error.cause);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : codeOf(error.cause);
}

/** Whether the server sent this error: then it answers. */
export function isFromServer(error: unknown): boolean {
  return error instanceof Error && (error.name === 'PostgresError' || isFromServer(error.cause));
}

/** The error of calls to a database that does not answer. */
export function noAnswer(): PulseError {
  return new PulseError(
    'database_unavailable',
    'The database does not answer at the moment; try again shortly.',
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** The error of calls that got no connection before their timeout. */
export function tooManyWaiting(): PulseError {
  return new PulseError(
    'too_busy',
    'Too many questions wait for the database at the moment; try again shortly.',
    { retryAfterMs: RETRY_AFTER_MS },
  );
}
