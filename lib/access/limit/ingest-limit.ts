import type { RedisCommands } from '../../cluster/redis/commands';
import type { Env } from '../../env';
import { isLoopbackHost } from '../../env/loopback';
import type { Rates } from '../../env/rates';
import { PulseError } from '../../model/errors';
import { MINUTE, SECOND } from '../../model/time/duration';
import { outsideRequests } from '../../observe/request-id';
import { LOCAL_AGENT_KEY } from '../auth/senders';
import { senderOf } from './address';
import { LocalWindow, type WindowState } from './local-window';
import { SharedWindow } from './shared-window';

/** Requests a minute where the settings say nothing and others can reach the server: a fleet of 2,000 with one key. */
const USUAL_RATE = 120_000;

export interface Sender {
  /** The name of the key that was shown; null where there are no keys. */
  key: string | null;
  address: string;
}

/** What becomes of a request: headers for its answer, by name, and the refusal when there were too many before it. */
export interface LimitResult {
  headers: Record<string, string>;
  refusal: PulseError | null;
}

const UNLIMITED: LimitResult = { headers: {}, refusal: null };

/** Write requests, counted against their key's rate, or without keys against their address's. */
export class IngestLimit {
  private readonly rates: Rates;
  private readonly window: LocalWindow | SharedWindow;

  /** @param redis where nodes publish what they have let in; null where each keeps the limit by itself */
  constructor({ RATE_LIMIT, HOST }: Pick<Env, 'RATE_LIMIT' | 'HOST'>, redis: RedisCommands | null) {
    const usual = isLoopbackHost(HOST) ? Number.POSITIVE_INFINITY : USUAL_RATE;
    this.rates = RATE_LIMIT ?? { usual, byKey: new Map() };
    this.window = redis
      ? outsideRequests(() => new SharedWindow({ windowMs: MINUTE, redis }))
      : new LocalWindow(MINUTE);
  }

  count({ key, address }: Sender, now = Date.now()): LimitResult {
    const { rates } = this;
    const rate = (key === null ? undefined : rates.byKey.get(key)) ?? rates.usual;
    if (rate === Number.POSITIVE_INFINITY || key === LOCAL_AGENT_KEY) return UNLIMITED;
    const sender = key === null ? `address:${senderOf(address)}` : `key:${key}`;
    const state = this.window.take(sender, rate, now);
    return { headers: headersOf(state), refusal: state.allowed ? null : refusalOf(state) };
  }

  close(): void {
    if (this.window instanceof SharedWindow) this.window.close();
  }
}

function refusalOf({ limit, resetMs }: WindowState): PulseError {
  const message = `More than ${limit} requests in a minute; nothing of this one was kept. Send fewer, larger bodies.`;
  return new PulseError('rate_limited', message, { retryAfterMs: resetMs });
}

function headersOf({ limit, remaining, resetMs }: WindowState): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(Math.ceil(resetMs / SECOND)),
  };
}
