import type { Auth } from '../access/auth/auth';
import { issueSession, SESSION_COOKIE, SESSION_MS } from '../access/auth/session';
import { isForeign, type OriginHeaders } from '../access/auth/source';
import { PulseError } from '../model/errors';
import { SECOND } from '../model/time/duration';
import { log } from '../observe/log';
import type { PlainResponse } from './http';

/** Limit of the form of the login page. */
export const MAX_FORM_BYTES = 4_096;

export interface LoginRequest {
  /** The form as the browser sent it. */
  form: string;
  address: string;
  /** Whether the browser reached us over TLS. */
  secure: boolean;
  headers: OriginHeaders;
}

export interface LogoutRequest extends Pick<LoginRequest, 'secure' | 'headers'> {
  /** The `cookie` header. */
  cookie?: string;
}

/**
 * `POST /api/login`: password in, session cookie out, then a redirect to the requested page. Never says more than that
 * the password was wrong. Throws `forbidden` for a form of another site and `rate_limited` after too many wrong
 * passwords.
 */
export function handleLogin(
  { viewers }: Auth,
  { form, address, secure, headers }: LoginRequest,
  now = Date.now(),
): PlainResponse {
  requireSameOrigin(headers);
  const fields = new URLSearchParams(form);
  const next = safePath(fields.get('next'));
  const { key } = viewers;
  if (!key) return redirect(next);
  const password = fields.get('password') ?? '';
  if (!viewers.isPassword(password, address, now)) {
    log().warn({ address }, 'wrong password');
    return redirect(`/login?wrong=1&next=${encodeURIComponent(next)}`);
  }
  return redirect(next, sessionCookie(issueSession(key, now), SESSION_MS / SECOND, secure));
}

/** `POST /api/logout`: ends the session, also for copies of its cookie. */
export function handleLogout(
  { viewers, endedSessions }: Auth,
  { cookie, secure, headers }: LogoutRequest,
  now = Date.now(),
): PlainResponse {
  requireSameOrigin(headers);
  const session = viewers.sessionOf(cookie, now);
  if (session) endedSessions.end(session);
  return redirect('/login', sessionCookie('', 0, secure));
}

/**
 * Lax keeps the cookie out of other sites' forms and scripts but lets a link from a chat open the dashboard. No GET
 * changes anything, and every POST checks its origin besides.
 */
function sessionCookie(value: string, seconds: number, secure: boolean): string {
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

function requireSameOrigin(headers: OriginHeaders): void {
  if (isForeign(headers)) throw new PulseError('forbidden', 'This form was sent from another site.');
}

/** A path of this site: a forged link to the login page must not lead to another site. */
export function safePath(path: string | null): string {
  if (!path || !/^\/[^/\\]/.test(path) || /[^\x21-\x7e]/.test(path)) return '/';
  const base = 'http://pulseboard.invalid';
  return URL.canParse(path, base) && new URL(path, base).origin === base ? path : '/';
}

function redirect(location: string, cookie?: string): PlainResponse {
  const headers: Record<string, string> = { location, 'cache-control': 'no-store' };
  if (cookie) headers['set-cookie'] = cookie;
  return { status: 303, headers, body: '' };
}
