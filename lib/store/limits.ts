import { MINUTE, SECOND } from '../model/time/duration';

/**
 * The longest that a caller waits for the database, ms, waiting for a connection included. A commit may take long where
 * a checkpoint holds up the disk, and to give it up would have it sent again: so writers are answered earlier
 * (`answerMs` of the commit queue), but the commit goes on.
 */
export const LIMIT_MS = {
  write: 15 * SECOND,
  read: 15 * SECOND,
  /** On the lane for questions that are not known to be heavy. */
  light: 2 * SECOND,
  /** A page of samples or series, for ourselves. */
  page: MINUTE,
  bulk: 10 * MINUTE,
  /** Signing out is not delayed by the database; what could not be recorded is recorded later. */
  record: 3 * SECOND,
  /** A page of events. */
  events: 5 * SECOND,
} as const;
