import type { Topics } from '../../cluster/topics/topics';
import { PulseError } from '../../model/errors';
import type { Tier } from '../../model/rollup/tiers';
import { MINUTE, SECOND } from '../../model/time/duration';
import type { Scheduler } from '../../runtime/work/scheduler';
import { type MatchingWork, type PausableWork, work } from '../../runtime/work/work';
import type { Clock } from '../clock';
import type { Paced, Pacer, Round } from '../pacer';
import type { LiveQueries } from '../reading/live-queries';
import type { LiveQuestion } from '../reading/live-question';
import type { Subscription } from '../reading/subscription';
import { encodeUpserts } from './encode';
import type { Health } from './health';
import { encodeEvent, HEARTBEAT_MS, SSE_HEARTBEAT, SSE_PREAMBLE, sseEvent } from './sse';
import type { StreamLoad } from './stream-load';
import { ofQuery, type StreamParams } from './stream-params';
import { TopicQueue } from './topic-queue';

/** Where a stream writes: the HTTP response of either front, in plain values. */
export interface StreamSink {
  /** @returns whether the reader keeps up; after `false` nothing is written until `onDrain` calls back. */
  write(text: string): boolean;
  /** Bytes of it that the reader has not taken yet. */
  held(): number;
  /** Has `resume` called every time the reader has caught up. */
  onDrain(resume: () => void): void;
  /** Ends the response. When it has ended already, or its reader has left, this does nothing. */
  close(): void;
}

/** What a stream subscribes to. */
export interface StreamSources {
  queries: LiveQueries;
  topics: Pick<Topics, 'subscribe'>;
}

/** What all streams of a node share. */
export interface StreamHost {
  readonly timing: StreamTiming;
  readonly load: StreamLoad;
  readonly health: Health;
  /** Takes a stream in; returns the off-switch. @throws PulseError `too_many_streams`, `shutting_down`. */
  admit(stream: LiveStream): () => void;
}

/** The time, and the turns of streams and of work. */
export interface StreamTiming {
  readonly clock: Clock;
  readonly pacer: Pick<Pacer, 'schedule'>;
  readonly scheduler: Scheduler;
}

/** A stream whose reader has not read for so long ends: the reader can connect again. */
const STALLED_MS = MINUTE;

/** More than this is written in parts, and only while the reader takes it. */
const PART_LENGTH = 256 * 1_024;

/** One reader: its queries, its pace, and how much has been sent to it. */
export class LiveStream implements Paced {
  writtenAt = Number.NEGATIVE_INFINITY;
  private readonly subscriptions: Subscription[] = [];
  private readonly topicQueue = new TopicQueue(() => this.schedule());
  private leaveHost = () => {};
  private cancelTurn: (() => void) | null = null;
  private isOpen = false;
  private isClosed = false;
  private stalledAt: number | null = null;
  private heldBytes = 0;
  private pendingReset: string | null = null;
  /** Changes taken and not written yet, as JSON. Nothing is taken twice: they are kept while the reader is behind. */
  private readonly unsent: Array<{ q: number; series: string }> = [];
  private heartbeatAt: number;
  /** Everything that arrived before this has been sent, epoch ms: the id of events. */
  private sentUpTo: number;
  private changedAt: number | null = null;
  private lagMs = 0;

  constructor(
    private readonly host: StreamHost,
    private readonly sink: StreamSink,
    readonly tickMs: number,
  ) {
    this.sentUpTo = this.heartbeatAt = host.timing.clock.now();
  }

  async open(
    { queries, topics }: StreamSources,
    { questions, topics: chosen, cursor }: StreamParams,
    work: MatchingWork,
  ): Promise<void> {
    this.leaveHost = this.host.admit(this);
    try {
      for (const [q, question] of questions.entries()) await this.subscribe(queries, q, question, work);
    } catch (error) {
      this.leave();
      throw error;
    }
    for (const topic of chosen) this.topicQueue.subscribe(topics, topic);
    this.isOpen = true;
    this.sink.onDrain(() => this.resume());
    const openedAt = this.sentUpTo;
    // From the first event on: a reader that is lost before what it missed was sent must not seem to have it.
    this.sentUpTo = Math.min(cursor ?? openedAt, openedAt);
    this.write(SSE_PREAMBLE + this.statusEvent());
    // One notice for all that changed while it opened.
    if (this.changedAt !== null) this.schedule();
    if (cursor === null) return;
    if (queries.reaches(cursor)) return this.catchUp(this.sentUpTo);
    this.sentUpTo = openedAt;
    this.reset('cursor_too_old');
  }

  private async subscribe(
    queries: LiveQueries,
    q: number,
    question: LiveQuestion,
    work: MatchingWork,
  ): Promise<void> {
    const reader = { notify: () => this.notify(), reset: (reason: string) => this.reset(reason) };
    try {
      this.subscriptions.push(await queries.subscribe(question, reader, work));
    } catch (error) {
      throw ofQuery(q, error);
    }
    // Ended meanwhile, with all other streams.
    if (this.isClosed) throw new PulseError('shutting_down', 'The server is shutting down; connect again.');
  }

  async takeTurn(round: Round, work: PausableWork): Promise<void> {
    try {
      await this.take(round, work);
    } catch (error) {
      // What was taken may not have been written. A reader that connects again gets it, from the cursor it has.
      this.close();
      throw error;
    }
    // Only now: the time of the next turn depends on whether this one wrote anything.
    this.cancelTurn = null;
    if (this.subscriptions.some(({ hasMore }) => hasMore)) this.notify();
    else if (this.changedAt !== null) this.schedule();
  }

  private async take(round: Round, work: PausableWork): Promise<void> {
    const { now } = round;
    const { changedAt } = this;
    this.changedAt = null;
    if (this.isClosed || this.stalledAt !== null) return;
    const startedAt = performance.now();
    this.writeUnsent();
    let length = 0;
    let sent = now;
    for (const [q, subscription] of this.subscriptions.entries()) {
      if (work.isDue('live')) await work.pause();
      // Others have had their turn meanwhile.
      if (this.isClosed || this.stalledAt !== null) return;
      const { missed, changes } = subscription.take(round);
      // Before anything else is committed.
      sent = Math.min(sent, subscription.waitingSince);
      for (const upserts of [missed, changes]) {
        if (upserts === null) continue;
        const series = encodeUpserts(upserts);
        this.unsent.push({ q, series });
        length += series.length;
      }
      // What was missed is no tick: the first change after it leaves at once, whenever the stream was opened.
      if (changes !== null) this.writtenAt = now;
      if (length < PART_LENGTH) continue;
      // With the old id: of the other queries less has been sent.
      this.writeUnsent();
      length = 0;
    }
    this.host.load.noteTurn(performance.now() - startedAt);
    if (changedAt !== null) this.lagMs = now - changedAt;
    if (this.stalledAt !== null) return;
    this.sentUpTo = Math.max(this.sentUpTo, sent);
    this.writeUnsent(this.topicQueue.take());
  }

  private writeUnsent(topicEvents: readonly string[] = []): void {
    const events = this.unsent
      .splice(0)
      .map(({ q, series }) => sseEvent('points', `{"q":${q},"series":${series}}`, this.sentUpTo));
    for (const text of topicEvents) events.push(sseEvent('topic', text, this.sentUpTo));
    if (events.length > 0) this.write(events.join(''));
  }

  beat(now: number): void {
    if (!this.isOpen) return;
    if (this.stalledAt !== null) {
      if (now - this.stalledAt >= STALLED_MS) this.close();
    } else if (now - this.heartbeatAt >= HEARTBEAT_MS) {
      this.heartbeatAt = now;
      this.advance(now);
      // A browser hides the comment from the page; the status shows the page, too, that the server is there.
      this.write(SSE_HEARTBEAT + this.statusEvent());
    }
  }

  sendStatus(): void {
    if (this.isOpen && this.stalledAt === null) this.write(this.statusEvent());
  }

  close(): void {
    if (this.isClosed) return;
    this.leave();
    // Before it is open, the answer is an error.
    if (this.isOpen) this.sink.close();
  }

  private leave(): void {
    this.isClosed = true;
    this.cancelTurn?.();
    this.cancelTurn = null;
    for (const subscription of this.subscriptions) subscription.close();
    this.topicQueue.close();
    this.hold(0);
    this.leaveHost();
  }

  private notify(): void {
    this.changedAt ??= this.host.timing.clock.now();
    this.schedule();
  }

  private schedule(): void {
    if (this.isOpen && this.cancelTurn === null && this.stalledAt === null && !this.isClosed)
      this.cancelTurn = this.host.timing.pacer.schedule(this);
  }

  /** Sends what arrived since the cursor, and a little before it: an event may be cut off in the middle of a write. */
  private catchUp(cursor: number): void {
    const slackMs = 2 * this.tickMs + SECOND;
    // Not ended with this reader: others that return at the same time get the same.
    void work(this.host.timing.scheduler, async (work) => {
      await Promise.all(
        this.subscriptions.map(async (subscription) => {
          const problem = await subscription.catchUp(cursor, slackMs, work);
          if (problem) this.reset(problem);
          this.notify();
        }),
      );
    });
  }

  private resume(): void {
    if (this.stalledAt === null || this.isClosed) return;
    this.stalledAt = null;
    this.hold(0);
    if (this.pendingReset !== null) this.reset(this.pendingReset);
    this.notify();
  }

  private advance(now: number): void {
    if (this.unsent.length > 0) return;
    const sent = Math.min(now, ...this.subscriptions.map(({ waitingSince }) => waitingSince));
    this.sentUpTo = Math.max(this.sentUpTo, sent);
  }

  reset(reason: string): void {
    if (!this.isOpen || this.isClosed) return;
    this.pendingReset = this.stalledAt === null ? null : reason;
    if (this.stalledAt === null) this.write(encodeEvent('reset', { reason }, this.sentUpTo));
  }

  private statusEvent(): string {
    const status = { ...this.host.health, tier: this.tier(), lagMs: this.lagMs };
    return encodeEvent('status', status, this.sentUpTo);
  }

  /** The tier of the newest points; where the queries differ, that of the slowest. */
  private tier(): Tier {
    const now = this.host.timing.clock.now();
    for (const subscription of this.subscriptions) {
      const tier = subscription.tier(now);
      if (tier !== 'ring') return tier;
    }
    return 'ring';
  }

  private write(text: string): void {
    if (this.sink.write(text)) return;
    this.stalledAt ??= this.host.timing.clock.now();
    this.host.load.noteStall();
    // Readers that do not read are closed in favour of those that do.
    if (!this.hold(this.sink.held())) this.close();
  }

  /** Notes what waits for the reader. @returns whether there is room for it. */
  private hold(bytes: number): boolean {
    const hasRoom = this.host.load.noteHeld(bytes - this.heldBytes);
    this.heldBytes = bytes;
    return hasRoom;
  }
}
