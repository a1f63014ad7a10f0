import { isPulseError, PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';

/** What a statement was for decides what its timeout means: a question was too large, a write was too slow. */
export type Purpose = 'read' | 'write';

/** SQLSTATEs and classes (two characters) of a database that cannot serve now but may soon. */
const AWAY = new Set(['08', '57P01', '57P02', '57P03', '53', '25006', '40001', '40P01', '55P03', '58']);
/** The driver's and the system's codes of a broken or refused connection. */
const BROKEN =
  /^(CONNECTION_\w+|CONNECT_TIMEOUT|ECONN\w+|ENOENT|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|ENOTFOUND|EAI_AGAIN|EACCES)$/;
/** Wrong credentials, no such database, no rights: waiting does not help, somebody has to mend it. */
const REFUSED = new Set(['28000', '28P01', '3D000', '42501']);
const CANCELLED = '57014';
const RETRY_AFTER_MS = SECOND;

/** An error of the database in the words of this system; what it does not know is given back as it is. */
export function translate(error: unknown, purpose: Purpose): unknown {
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

/** Whether the database may answer later what it does not answer now. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  return BROKEN.test(code) || AWAY.has(code) || AWAY.has(code.slice(0, 2));
}

/** Whether connecting fails for a reason that somebody has to remove. */
export function isRefused(error: unknown): boolean {
  return REFUSED.has(codeOf(error));
}

/** Whether the statement lost a race (deadlock, serialization) and will do when sent again. */
export function lostRace(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** A row for which there is no partition yet. */
export function lacksPartition(error: unknown): boolean {
  return codeOf(error) === '23514' && /no partition of relation/.test((error as Error).message);
}

/** The database's code of an error, or of what it wraps: drizzle and we put the database's error into `cause`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (isPulseError(error)) return codeOf(error.cause);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : codeOf(error.cause);
}

/** Whether the database itself said so, rather than nobody: also a refusal is a sign of life. */
export function isAnswer(error: unknown): boolean {
  return error instanceof Error && (error.name === 'PostgresError' || isAnswer(error.cause));
}

/** What becomes of calls to a database that answers nobody. */
export function silence(): PulseError {
  return new PulseError(
    'database_unavailable',
    'The database does not answer at the moment; try again shortly.',
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** What becomes of calls that had no turn in their time. */
export function crowded(): PulseError {
  return new PulseError(
    'too_busy',
    'Too many questions wait for the database at the moment; try again shortly.',
    { retryAfterMs: RETRY_AFTER_MS },
  );
}
