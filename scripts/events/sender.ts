import { randomUUID } from 'node:crypto';
import { failureReason, type Poster } from '../../lib/agent/post';
import { classifyResponse } from '../../lib/agent/post-outcome';
import { SECOND } from '../../lib/model/time/duration';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10 * SECOND;

/** A body that is not acknowledged yet. Sent again, it has the same key, so its events count once. */
interface Body {
  key: string;
  events: number;
  bytes: Buffer;
}

/** What became of the events, since the last look. */
export interface EventTotals {
  accepted: number;
  duplicates: number;
  rejected: number;
  /** Never sent: the server was away for too long, or is too slow. */
  leftOut: number;
  retries: number;
  /** Why the last body was not taken; null while bodies are. */
  problem: string | null;
}

export interface EventSenderOptions {
  poster: Poster;
  /** Bodies under way at a time. */
  connections: number;
  /** Bodies that may wait for one; the oldest of more is left out. */
  mostWaiting: number;
  wait?(ms: number): Promise<void>;
}

/**
 * Sends bodies of events until each is taken, however often that needs; holds only so many. A server that says when to
 * come back is asked then, another one ever more rarely.
 */
export class EventSender {
  readonly totals: EventTotals = {
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    leftOut: 0,
    retries: 0,
    problem: null,
  };
  private readonly waiting: Body[] = [];
  private underWay = 0;
  private isStopped = false;
  private whenIdle: Array<() => void> = [];

  constructor(private readonly options: EventSenderOptions) {}

  /** Hands over events; never waits. */
  send(events: readonly unknown[]): void {
    if (events.length === 0) return;
    const bytes = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
    this.waiting.push({ key: randomUUID(), events: events.length, bytes });
    if (this.waiting.length > this.options.mostWaiting) this.totals.leftOut += this.waiting.shift()!.events;
    this.next();
  }

  /** Sends what waits, and resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    if (this.underWay + this.waiting.length > 0)
      await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Gives up what is not taken. */
  stop(): void {
    this.isStopped = true;
    for (const { events } of this.waiting.splice(0)) this.totals.leftOut += events;
  }

  private next(): void {
    while (this.underWay < this.options.connections && this.waiting.length > 0) {
      this.underWay++;
      void this.deliver(this.waiting.shift()!).finally(() => {
        this.underWay--;
        this.next();
      });
    }
    if (this.underWay + this.waiting.length === 0) for (const idle of this.whenIdle.splice(0)) idle();
  }

  private async deliver(body: Body): Promise<void> {
    const { wait = sleep } = this.options;
    for (let attempt = 0; !this.isStopped; attempt++) {
      if (attempt > 0) this.totals.retries++;
      const afterMs = await this.attempt(body);
      if (afterMs === null) return;
      await wait(afterMs || Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt));
    }
    this.totals.leftOut += body.events;
  }

  /** @returns null when it is done with; otherwise how long to wait, 0 where the server does not say. */
  private async attempt({ key, events, bytes }: Body): Promise<number | null> {
    const { totals } = this;
    try {
      const answer = await this.options.poster.post(bytes, {
        'content-type': 'application/x-ndjson',
        'content-length': String(bytes.length),
        'idempotency-key': key,
      });
      const outcome = classifyResponse(answer);
      if (outcome.kind === 'later') {
        totals.problem = outcome.reason;
        return outcome.afterMs ?? 0;
      }
      const { accepted = 0, duplicates = 0 } = (answer.body ?? {}) as Partial<EventTotals>;
      totals.accepted += accepted;
      totals.duplicates += duplicates;
      totals.rejected += events - accepted;
      totals.problem =
        outcome.kind === 'too_large' ? 'the server takes no body of this size' : outcome.complaint;
    } catch (error) {
      totals.problem = failureReason(error);
      return 0;
    }
    return null;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
