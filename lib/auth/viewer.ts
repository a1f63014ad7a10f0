import { isShared } from '../bus/is-shared';
import { env } from '../env';
import { PulseError } from '../errors';
import { log } from '../log';
import { once } from '../once';
import { tryOnce } from './attempts';
import { equalSecrets } from './keys';
import { keptSecret } from './secret';
import { readSession, SESSION_COOKIE, sessionKey } from './session';

/** The headers that say who looks. */
export interface ViewerHeaders {
  cookie?: string;
  authorization?: string;
  /** Where from: wrong passwords are limited per address. */
  address: string;
}

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
 * Until when these headers let somebody look, epoch ms: a session of the login page, or for scripts the password as
 * HTTP Basic (any user name). Infinity where no password is set; null when they do not.
 *
 * @throws PulseError `rate_limited` after too many wrong passwords.
 */
export function viewerUntil(
  { cookie, authorization, address }: ViewerHeaders,
  now = Date.now(),
): number | null {
  const key = viewerKey();
  if (!key) return Number.POSITIVE_INFINITY;
  const session = cookie ? readCookie(cookie, SESSION_COOKIE) : undefined;
  const until = session ? readSession(key, session, now) : null;
  if (until !== null) return until;
  const password = authorization ? basicPassword(authorization) : null;
  if (password === null) return null;
  const isRight = tryOnce(address, now, () => equalSecrets(password, env().DASHBOARD_PASSWORD ?? ''));
  return isRight ? Number.POSITIVE_INFINITY : null;
}

/** @returns until when, epoch ms. @throws PulseError `unauthorized`, `rate_limited` */
export function authorizeViewer(headers: ViewerHeaders): number {
  const until = viewerUntil(headers);
  if (until !== null) return until;
  throw new PulseError(
    'unauthorized',
    'Sign in at /login, or send the password as HTTP Basic authorization.',
  );
}

function readCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

function basicPassword(authorization: string): string | null {
  const encoded = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization)?.[1];
  if (!encoded) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  const at = text.indexOf(':');
  return at === -1 ? null : text.slice(at + 1);
}
