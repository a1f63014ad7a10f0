import { MINUTE, SECOND } from '../../model/time/duration';

/**
 * A server that has not been seen for longer counts as gone; what was announced is kept for as long. By the database's
 * clock.
 */
export const PRESENCE_MS = 10 * SECOND;
/** How often a server is seen, and reads what others announced. */
export const SEEN_EVERY_MS = 2 * SECOND;
/** An intent that nobody carries out is withdrawn after this. */
export const ABANDONED_MS = MINUTE;
