import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { ForwardClient, type Outcome } from './client';
import type { DestinationSettings } from './config';
import type { Progress } from './cursors';
import type { QueueReader, ReadRows } from './queue-reader';
import { halvesOf, type PlannedRequest, RequestPlanner } from './requests';
import { encodeWriteRequest } from './write-request';

/** Requests of each shard that are read ahead. */
const REQUESTS_AHEAD = 2;
/** A request that was refused for some of its samples is split so often: enough to find three among thousands. */
const MOST_SPLITS = 40;
const LOG_EVERY_MS = MINUTE;
/** A stop waits so long for what is under way, so that it is not sent again at the next start. */
const FINISH_WITHIN_MS = 3 * SECOND;
const READ_AGAIN_MS = SECOND;

/** What became of samples that are not sent. */
export const DROP_REASONS = ['full', 'refused', 'damaged', 'unknown_series', 'disk'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export interface DestinationFigures {
  name: string;
  /** Whether the newest request was taken; null before the first. */
  isUp: boolean | null;
  bytes: number;
  waiting: number;
  /** How long the oldest sample has waited, ms. */
  lagMs: number;
  sent: number;
  /** Left out by a rule of the configuration. */
  filtered: number;
  dropped: Record<Exclude<DropReason, 'disk'>, number>;
  retries: number;
}

export interface DestinationParts {
  settings: DestinationSettings;
  reader: QueueReader;
  registry: ConstructorParameters<typeof RequestPlanner>[1];
  chain(): string;
  /** What was under way when the last process ended lies before this index. */
  sendingTo: number;
  /** Notes how far it is. */
  save(progress: Progress): Promise<void>;
}

/** Sends what is queued to one destination, for as long as it runs. */
export class Destination {
  private readonly client: ForwardClient;
  private readonly planner: RequestPlanner;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private isUp: boolean | null = null;
  /** When the oldest sample of the round under way was queued, epoch ms; null between rounds. */
  private oldestAt: number | null = null;
  private readonly counts = { sent: 0, filtered: 0, refused: 0, unknown: 0, retries: 0 };
  private loggedAt = { later: Number.NEGATIVE_INFINITY, refused: Number.NEGATIVE_INFINITY };

  constructor(private readonly parts: DestinationParts) {
    this.client = new ForwardClient(parts.settings, parts.chain);
    this.planner = new RequestPlanner(parts.settings, parts.registry);
  }

  get figures(): DestinationFigures {
    const { settings, reader } = this.parts;
    const { sent, filtered, refused, unknown, retries } = this.counts;
    return {
      name: settings.name,
      isUp: this.isUp,
      bytes: reader.bytes,
      waiting: reader.waiting,
      lagMs: this.oldestAt === null ? 0 : Math.max(0, Date.now() - this.oldestAt),
      sent,
      filtered,
      dropped: { full: reader.droppedSoFar, refused, damaged: reader.damaged, unknown_series: unknown },
      retries,
    };
  }

  start(): void {
    this.running = this.run();
  }

  /** Something may be read. */
  notice(): void {
    const { max_samples_per_send: most } = this.parts.settings.queue_config;
    if (this.wake && this.parts.reader.waiting >= most) this.wake();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.wake?.();
    const timer = setTimeout(() => void this.client.close(), FINISH_WITHIN_MS);
    await this.running;
    clearTimeout(timer);
    await this.client.close();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.round();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        log().error({ err: error, destination: this.parts.settings.name }, 'forwarding is interrupted');
        await this.pause(READ_AGAIN_MS);
      }
      const { batch_send_deadline: everyMs, max_samples_per_send: most } = this.parts.settings.queue_config;
      if (this.parts.reader.waiting < most) await this.untilDue(startedAt + everyMs - performance.now());
    }
  }

  /** Sends the next samples, and resolves when each was taken or refused. Rejects when it was stopped before. */
  private async round(): Promise<void> {
    const { reader, save } = this.parts;
    const { next } = reader;
    try {
      const records = await reader.read(this.mostSamples(next));
      if (reader.next !== next) await save({ next, sendingTo: reader.next });
      if (records.length > 0) await this.sendRecords(records);
    } catch (error) {
      reader.rewind();
      throw error;
    }
    if (reader.settle()) await save({ next: reader.next, sendingTo: reader.next });
  }

  /**
   * What was under way when the last process ended is sent again in the same requests: each of them was taken or not,
   * and Prometheus refuses a whole request for samples that it has.
   */
  private mostSamples(next: number): number {
    const { max_shards: shards, max_samples_per_send: most } = this.parts.settings.queue_config;
    const { sendingTo } = this.parts;
    return sendingTo > next ? sendingTo - next : shards * most * REQUESTS_AHEAD;
  }

  private async sendRecords(records: readonly ReadRows[]): Promise<void> {
    this.oldestAt = records[0].queuedAt;
    const { shards, unknown, filtered } = this.planner.plan(records);
    await Promise.all(shards.map((requests) => this.sendAll(requests)));
    this.oldestAt = null;
    this.counts.filtered += filtered;
    this.counts.unknown += unknown;
    if (unknown > 0)
      log().error(
        { samples: unknown },
        'samples that were queued are of series that this database does not have',
      );
  }

  private async sendAll(requests: readonly PlannedRequest[]): Promise<void> {
    for (const request of requests) await this.sendRequest(request, { splits: MOST_SPLITS });
  }

  /** Sends a request; where all of it was refused for some of it, the halves of it. */
  private async sendRequest(request: PlannedRequest, budget: { splits: number }): Promise<void> {
    // Others have their turn between two that are encoded.
    await new Promise((resolve) => setImmediate(resolve));
    const outcome = await this.sendUntilTaken(encodeWriteRequest(request));
    if (outcome.kind === 'sent') {
      this.counts.sent += request.values.length;
      return;
    }
    const halves = outcome.forSome && budget.splits > 0 ? halvesOf(request) : [];
    if (halves.length === 0) this.counts.refused += request.values.length;
    budget.splits--;
    for (const half of halves) await this.sendRequest(half, budget);
  }

  private async sendUntilTaken(body: Uint8Array): Promise<Exclude<Outcome, { kind: 'later' }>> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.client.send(body);
      if (outcome.kind !== 'later') {
        this.noteAnswer(outcome);
        return outcome;
      }
      this.stopping.signal.throwIfAborted();
      this.counts.retries++;
      this.noteFailure(outcome.reason);
      await this.pause(this.backoffMs(attempt, outcome.afterMs));
      this.stopping.signal.throwIfAborted();
    }
  }

  /** Longer from try to try, and at random, so that shards and servers do not come all at once. */
  private backoffMs(attempt: number, afterMs: number | null): number {
    const { min_backoff: least, max_backoff: most } = this.parts.settings.queue_config;
    const step = Math.min(most, least * 2 ** Math.min(attempt, 30));
    const random = (Math.random() * step) / 2;
    // Not before it was asked for.
    return afterMs === null ? step / 2 + random : Math.max(step, afterMs) + random;
  }

  private noteAnswer(outcome: Exclude<Outcome, { kind: 'later' }>): void {
    const { name } = this.parts.settings;
    if (this.isUp === false) log().info({ destination: name }, 'the destination takes samples again');
    this.isUp = true;
    if (outcome.kind === 'sent') {
      this.loggedAt.later = Number.NEGATIVE_INFINITY;
      return;
    }
    const { reason } = outcome;
    const message = 'the destination refuses samples, which are dropped';
    if (this.mayLog('refused')) log().error({ destination: name, reason }, message);
  }

  private noteFailure(reason: string): void {
    this.isUp = false;
    if (this.mayLog('later'))
      log().warn(
        { destination: this.parts.settings.name, reason },
        'the destination takes no samples now; they wait',
      );
  }

  private mayLog(what: 'later' | 'refused'): boolean {
    const now = performance.now();
    if (now - this.loggedAt[what] < LOG_EVERY_MS) return false;
    this.loggedAt[what] = now;
    return true;
  }

  /** Resolves after so long, earlier when a whole request waits or at the stop. */
  private async untilDue(ms: number): Promise<void> {
    if (ms <= 0 || this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
