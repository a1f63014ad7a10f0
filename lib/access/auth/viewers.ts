import { isShared } from '../../cluster/bus/is-shared';
import type { Env } from '../../env';
import { equalSecrets } from '../../env/keys';
import { PulseError } from '../../model/errors';
import { log } from '../../observe/log';
import type { Attempts } from './attempts';
import { basicPassword } from './authorization';
import type { EndedSessions } from './ended-sessions';
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

type ViewerSettings = Pick<
  Env,
  'DASHBOARD_PASSWORD' | 'SESSION_SECRET' | 'DATA_DIR' | 'REDIS_URL' | 'UPSTASH_REDIS_REST_URL'
>;

const ANYONE: Viewer = { until: Number.POSITIVE_INFINITY, session: null };

/** Lets in who may look. */
export class Viewers {
  private kept: Buffer | null = null;

  constructor(
    private readonly settings: ViewerSettings,
    private readonly attempts: Attempts,
    private readonly ended: Pick<EndedSessions, 'has'>,
  ) {}

  /**
   * What sessions of this installation are signed with; null when anyone who reaches the server may look. Made on first
   * use: without SESSION_SECRET it is kept in the data folder, which this server may have to make first.
   */
  get key(): Buffer | null {
    this.kept ??= this.makeKey();
    return this.kept;
  }

  /**
   * Who looks: somebody with a session of the login page, or for scripts with the password as HTTP Basic (any user
   * name). Null when they may not.
   *
   * @throws PulseError `rate_limited` after too many wrong passwords.
   */
  viewerOf({ cookie, authorization, address }: ViewerHeaders, now = Date.now()): Viewer | null {
    if (!this.settings.DASHBOARD_PASSWORD) return ANYONE;
    const session = this.sessionOf(cookie, now);
    if (session) return { until: session.until, session: session.id };
    const password = basicPassword(authorization);
    if (password === undefined) return null;
    return this.isPassword(password, address, now) ? ANYONE : null;
  }

  /** @throws PulseError `unauthorized`, `rate_limited` */
  authorize(headers: ViewerHeaders): Viewer {
    const viewer = this.viewerOf(headers);
    if (viewer) return viewer;
    throw new PulseError(
      'unauthorized',
      'Sign in at /login, or send the password as HTTP Basic authorization.',
    );
  }

  /** The session of a `cookie` header; null without one that holds. */
  sessionOf(cookie: string | undefined, now: number): Session | null {
    const { key } = this;
    const shown = cookie ? readCookie(cookie, SESSION_COOKIE) : undefined;
    const session = key && shown ? readSession(key, shown, now) : null;
    return session && !this.ended.has(session.id) ? session : null;
  }

  /** Whether it is the password; a wrong one counts against the address. @throws PulseError `rate_limited` */
  isPassword(password: string, address: string, now: number): boolean {
    const isRight = () => equalSecrets(password, this.settings.DASHBOARD_PASSWORD ?? '');
    return this.attempts.tryOnce(address, now, isRight);
  }

  private makeKey(): Buffer | null {
    const { DASHBOARD_PASSWORD, SESSION_SECRET, DATA_DIR } = this.settings;
    if (!DASHBOARD_PASSWORD) return null;
    if (!SESSION_SECRET && isShared(this.settings))
      log().warn('SESSION_SECRET is not set: a session made on one node does not hold on the others');
    return sessionKey(SESSION_SECRET ?? keptSecret(DATA_DIR), DASHBOARD_PASSWORD);
  }
}

function readCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}
