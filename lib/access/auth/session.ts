import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { DAY } from '../../model/time/duration';

/**
 * A session is a cookie that says until when it holds, signed. There is nothing secret in it, and any node can check it
 * that has the same secret; only those that were signed out are remembered (`EndedSessions`). Node's own crypto does
 * this in a few lines; JWT or sealed cookies (jose, iron-session) would add choices of algorithm and format that nobody
 * here needs.
 */
export const SESSION_COOKIE = 'pulseboard_session';
export const SESSION_MS = 7 * DAY;

export interface Session {
  /** Random, different for each sign-in. */
  id: string;
  /** Until when it holds, epoch ms. */
  until: number;
}

const VERSION = 'v1';
const SHAPE = /^v1\.([0-9a-z]{1,11})\.([\w-]{16})\.([\w-]{43})$/;

/** What sessions are signed with. The password goes in, so that a new password ends every session. */
export function sessionKey(secret: string, password: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, password, 'pulseboard session', 32));
}

/** @returns a session that holds until `now + SESSION_MS`. */
export function issueSession(key: Buffer, now: number): string {
  const claims = `${VERSION}.${(now + SESSION_MS).toString(36)}.${randomBytes(12).toString('base64url')}`;
  return `${claims}.${sign(key, claims)}`;
}

/** What a cookie says; null when it is not one of ours, or expired. */
export function readSession(key: Buffer, cookie: string, now: number): Session | null {
  const found = SHAPE.exec(cookie);
  if (!found) return null;
  const [, expiry, id, signature] = found;
  const expected = sign(key, cookie.slice(0, cookie.lastIndexOf('.')));
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
  const until = Number.parseInt(expiry, 36);
  return until > now && until <= now + SESSION_MS + DAY ? { id, until } : null;
}

function sign(key: Buffer, claims: string): string {
  return createHmac('sha256', key).update(claims).digest('base64url');
}
