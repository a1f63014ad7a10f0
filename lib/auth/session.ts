import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { DAY } from '../model';

/**
 * A session is a cookie that says until when it holds, signed. There is nothing secret in it and nothing to look up, so
 * any node can judge it that has the same secret. Node's own crypto does this in a few lines; JWT or sealed cookies
 * (jose, iron-session) would add choices of algorithm and format that nobody here needs.
 */
export const SESSION_COOKIE = 'pulseboard_session';
export const SESSION_MS = 7 * DAY;

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

/** Until when the session holds, epoch ms; null when it is not one of ours, or over. */
export function readSession(key: Buffer, session: string, now: number): number | null {
  const found = SHAPE.exec(session);
  if (!found) return null;
  const [, until, , signature] = found;
  const expected = sign(key, session.slice(0, session.lastIndexOf('.')));
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
  const expires = Number.parseInt(until, 36);
  return expires > now && expires <= now + SESSION_MS + DAY ? expires : null;
}

function sign(key: Buffer, claims: string): string {
  return createHmac('sha256', key).update(claims).digest('base64url');
}
