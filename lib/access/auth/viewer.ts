import { isShared } from '../../cluster/bus/is-shared';
import { env } from '../../env';
import { equalSecrets } from '../../env/keys';
import { once } from '../../env/once';
import { PulseError } from '../../model/errors';
import { log } from '../../observe/log';
import { tryOnce } from './attempts';
import { basicPassword } from './authorization';
import { endedSessions } from './ended-sessions';
import { keptSecret } from './secret';
import { readSession, SESSION_COOKIE, type Session, sessionKey } from './session';

/** The headers that say who looks. */
export interface ViewerHeaders {
  cookie?: string;
  authorization?: string;
  /** Where from: wrong passwords are limited per address. */
  address: string;
}

/** Somebody who may look. */
export interface Viewer {
  /** Until when, epoch ms; Infinity where no password is set, and for whoever shows it with each request. */
  until: number;
  /** The id of their session; null without one. */
  session: string | null;
}

const ANYONE: Viewer = { until: Number.POSITIVE_INFINITY, session: null };

/** What sessions of this installation are signed with; null when anyone who reaches the server may look. */
export function viewerKey(): Buffer | null {
  return once('auth.viewer-key', () => {
    const { DASHBOARD_PASSWORD, SESSION_SECRET, DATA_DIR } = env();
    if (!DASHBOARD_PASSWORD) return null;
    if (!SESSION_SECRET && isShared(env()))
      log().warn('SESSION_SECRET is not set: a session made on one node does not hold on the others');
    return sessionKey(SESSION_SECRET ?? keptSecret(DATA_DIR), DASHBOARD_PASSWORD);
  });
}

/**
 * Who looks: somebody with a session of the login page, or for scripts with the password as HTTP Basic (any user
 * name). Null when they may not.
 *
 * @throws PulseError `rate_limited` after too many wrong passwords.
 */
export function viewerOf({ cookie, authorization, address }: ViewerHeaders, now = Date.now()): Viewer | null {
  if (!viewerKey()) return ANYONE;
  const session = sessionOf(cookie, now);
  if (session) return { until: session.until, session: session.id };
  const password = basicPassword(authorization);
  if (password === undefined) return null;
  const isRight = tryOnce(address, now, () => equalSecrets(password, env().DASHBOARD_PASSWORD ?? ''));
  return isRight ? ANYONE : null;
}

/** @throws PulseError `unauthorized`, `rate_limited` */
export function authorizeViewer(headers: ViewerHeaders): Viewer {
  const viewer = viewerOf(headers);
  if (viewer) return viewer;
  throw new PulseError(
    'unauthorized',
    'Sign in at /login, or send the password as HTTP Basic authorization.',
  );
}

/** The session of a `cookie` header; null without one that holds. */
export function sessionOf(cookie: string | undefined, now: number): Session | null {
  const key = viewerKey();
  const shown = cookie ? readCookie(cookie, SESSION_COOKIE) : undefined;
  const session = key && shown ? readSession(key, shown, now) : null;
  return session && !endedSessions().has(session.id) ? session : null;
}

function readCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
