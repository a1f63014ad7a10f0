import { EventEmitter } from 'node:events';
import { Agent, type Dispatcher, request } from 'undici';
import { SECOND } from '../../model/time/duration';
import { VERSION } from '../../model/version';
import type { DestinationSettings } from './config';
import { FORWARDED_BY } from './relays';

/** What an answer means for the samples that were sent. */
export type Outcome =
  | { kind: 'sent' }
  /** It will never take them; `forSome`: it may have refused all for some of them. */
  | { kind: 'refused'; reason: string; forSome: boolean }
  | { kind: 'later'; reason: string; afterMs: number | null };

const CONNECT_WITHIN_MS = 10 * SECOND;
/** So much of an answer is read to keep its connection; one with more is ended. */
const MOST_ANSWER_BYTES = 16 * 2 ** 10;
const MOST_REASON_CHARACTERS = 300;
const LONGEST_RETRY_AFTER_MS = 300 * SECOND;

/**
 * Answers that say nothing of the samples but that somebody has to mend the address or the credentials: what is queued
 * must not be thrown away for it.
 */
const WRONG_SETTINGS = new Set([401, 403, 404, 405, 407, 421]);

/** What Prometheus says of one sample when it keeps none of its request. */
const OF_SOME = /out of order|out of bounds|duplicate sample|too old/i;

/** Sends to one destination. Redirects are not followed: credentials and samples are meant for one address. */
export class ForwardClient {
  private readonly agent: Agent;

  constructor(
    private readonly destination: DestinationSettings,
    private readonly chain: () => string,
  ) {
    const { tls, remote_timeout: timeoutMs, queue_config: queue } = destination;
    this.agent = new Agent({
      connections: queue.max_shards,
      connect: { timeout: Math.min(timeoutMs, CONNECT_WITHIN_MS), ...tls },
      // The whole exchange has a bound of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** @param body a compressed write request. Does not throw. */
  async send(body: Uint8Array): Promise<Outcome> {
    const { remote_timeout: timeoutMs } = this.destination;
    // A third of what an AbortSignal takes.
    const signal = new EventEmitter();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      signal.emit('abort');
    }, timeoutMs);
    try {
      return await this.exchange(body, signal);
    } catch (error) {
      const reason = isLate ? `no answer within ${timeoutMs / SECOND} s` : failureOf(error);
      return { kind: 'later', reason, afterMs: null };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Requests under way fail. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async exchange(body: Uint8Array, signal: EventEmitter): Promise<Outcome> {
    const { url, headers, credentials } = this.destination;
    const shown = await credentials();
    const answer = await request(url, {
      method: 'POST',
      dispatcher: this.agent,
      body,
      signal,
      headers: {
        ...headers,
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        'user-agent': `Pulseboard/${VERSION}`,
        [FORWARDED_BY]: this.chain(),
        ...(shown && { authorization: shown }),
      },
    });
    const { statusCode: status } = answer;
    if (status >= 200 && status < 300) {
      // It has taken them, whatever becomes of the rest of its answer.
      await answer.body.dump({ limit: MOST_ANSWER_BYTES }).catch(() => undefined);
      return { kind: 'sent' };
    }
    const reason = `it answered ${status}${await textOf(answer)}`;
    if (status === 429 || status >= 500) return { kind: 'later', reason, afterMs: retryAfterOf(answer) };
    if (status < 400)
      return { kind: 'later', reason: `${reason}; redirects are not followed`, afterMs: null };
    if (WRONG_SETTINGS.has(status)) return { kind: 'later', reason, afterMs: null };
    return { kind: 'refused', reason, forSome: status === 400 && OF_SOME.test(reason) };
  }
}

/** The beginning of what it says, for the log. */
async function textOf({ body }: Dispatcher.ResponseData): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length >= MOST_REASON_CHARACTERS) break;
    }
  } catch (error) {
    // The status is what counts.
    text += ` (${failureOf(error)})`;
  }
  const line = text.replace(/\s+/g, ' ').trim().slice(0, MOST_REASON_CHARACTERS);
  return line === '' ? '' : `: ${line}`;
}

/** Seconds, or a date; null without one. */
export function retryAfterOf(
  { headers }: Pick<Dispatcher.ResponseData, 'headers'>,
  now = Date.now(),
): number | null {
  const value = String(headers['retry-after'] ?? '');
  const ms = /^\d+$/.test(value) ? Number(value) * SECOND : Date.parse(value) - now;
  if (Number.isNaN(ms)) return null;
  return Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS);
}

function failureOf(error: unknown): string {
  if (error instanceof AggregateError) return failureOf(error.errors[0]);
  const { code, message } = error as NodeJS.ErrnoException;
  return code ? `${code} (${message})` : String(message ?? error);
}
