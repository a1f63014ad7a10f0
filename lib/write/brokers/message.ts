/** The brokers that messages are pulled from. */
export type Broker = 'kafka' | 'redis' | 'mqtt';

/** One message of a broker: a body as it could be posted to `/api/metrics` or `/api/events`. */
export interface BrokerMessage {
  what: 'samples' | 'events';
  value: Buffer;
  /** As a request's header; where it is not said, the value shows whether it is JSON or NDJSON. */
  contentType?: string;
  contentEncoding?: string;
  /** When it was sent, epoch ms: the timestamp of what has none of its own. */
  time: number;
  /**
   * The same however often the message is tried, and, where the broker has a name for it, delivered: events without an id
   * have theirs from it.
   */
  id: string;
}

/** Why a message, or something in it, can never be stored. */
export interface Refusal {
  code: string;
  message: string;
}

/**
 * Resolves once all that can be stored of these messages is committed: for each with null, or with why not all of it is.
 * While it cannot be stored for now, it waits.
 *
 * @throws AbortError when `stop` is aborted: then it is not known what is stored, and to bring it again does no harm
 */
export type Take = (messages: readonly BrokerMessage[], stop: AbortSignal) => Promise<Array<Refusal | null>>;

/** What the name of the place ends in where messages are kept that cannot be stored, beside that of where they came from. */
export const DEAD = 'dead';

/** When a broker says that a message was sent, as far as that is plausible. */
export function timeOf(sentMs: number, now = Date.now()): number {
  return sentMs > 0 && sentMs < now ? sentMs : now;
}
