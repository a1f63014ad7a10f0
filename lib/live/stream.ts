import { PulseError } from '../model/errors';
import type { Tier } from '../model/rollup/tiers';
import { MINUTE, SECOND } from '../model/time/duration';
import { type Work, work } from '../runtime/work/work';
import type { Hub, HubStream } from './hub';
import type { LiveQuestion } from './live-question';
import type { Paced } from './pacer';
import { Place, type Taken } from './place';
import { HEARTBEAT_MS, SSE_HEARTBEAT, SSE_PREAMBLE, sseEvent } from './sse';
import { ofQuery, readStreamParams, type StreamParams } from './stream-params';

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

export interface StreamRequest {
  hub: Hub;
  /** The URL's parameters. */
  search: URLSearchParams;
  /** The header `Last-Event-ID`. */
  lastEventId: string | null;
  sink: StreamSink;
}

/** A reader that has not read for so long has gone, or had better start anew. */
const STALLED_MS = MINUTE;

/**
 * Opens a live stream. Call `close` when its reader has left.
 *
 * @param signal aborted when its reader has left before it is open.
 * @throws PulseError before anything is written: `bad_parameter`, `too_many_points`, `too_expensive`, `too_busy`,
 *   `too_many_streams`, `shutting_down`.
 */
export async function openStream(
  { hub, search, lastEventId, sink }: StreamRequest,
  signal?: AbortSignal,
): Promise<{ close(): void }> {
  const params = readStreamParams(search, lastEventId, hub.readQuestion);
  const stream = new LiveStream(hub, sink, params.tickMs);
  await work((work) => stream.open(params, work), { signal });
  return stream;
}

/** More than this is written in parts, and only while the reader takes it. */
const PART_LENGTH = 256 * 1_024;

/** One reader: its queries, its pace, and how far it has been told. */
class LiveStream implements HubStream, Paced {
  writtenAt = Number.NEGATIVE_INFINITY;
  private readonly places: Place[] = [];
  private leaveHub = () => {};
  private cancelTurn: (() => void) | null = null;
  private isOpen = false;
  private isClosed = false;
  private stalledAt: number | null = null;
  private heldBytes = 0;
  private owedReset: string | null = null;
  private beatAt: number;
  /** Everything that arrived before this has been told, epoch ms: the id of events. */
  private toldUpTo: number;
  private changedAt: number | null = null;
  private lagMs = 0;

  constructor(
    private readonly hub: Hub,
    private readonly sink: StreamSink,
    readonly tickMs: number,
  ) {
    this.toldUpTo = this.beatAt = hub.clock.now();
  }

  async open({ questions, cursor }: StreamParams, work: Work): Promise<void> {
    this.leaveHub = this.hub.admit(this);
    try {
      for (const [q, question] of questions.entries()) await this.openPlace(q, question, work);
    } catch (error) {
      this.leave();
      throw error;
    }
    this.isOpen = true;
    this.sink.onDrain(() => this.resume());
    const openedAt = this.toldUpTo;
    // From the first event on: a reader that is lost before it has been told what it missed must not seem to know it.
    this.toldUpTo = Math.min(cursor ?? openedAt, openedAt);
    this.write(SSE_PREAMBLE + this.statusEvent());
    if (cursor === null) return;
    if (this.hub.arrivals.reaches(cursor)) {
      this.catchUp(this.toldUpTo);
    } else {
      this.toldUpTo = openedAt;
      this.reset('cursor_too_old');
    }
  }

  private async openPlace(q: number, question: LiveQuestion, work: Work): Promise<void> {
    const reader = { notify: () => this.notify(), reset: (reason: string) => this.reset(reason) };
    try {
      this.places.push(await Place.open(this.hub, question, reader, work));
    } catch (error) {
      throw ofQuery(q, error);
    }
    // Ended meanwhile, with all other streams.
    if (this.isClosed) throw new PulseError('shutting_down', 'The server is shutting down; connect again.');
  }

  async takeTurn(now: number, work: Work): Promise<void> {
    this.cancelTurn = null;
    if (this.isClosed || this.stalledAt !== null) return;
    const { changedAt } = this;
    this.changedAt = null;
    const startedAt = performance.now();
    let taken: Array<Taken & { q: number }> = [];
    let length = 0;
    let told = now;
    for (const [q, place] of this.places.entries()) {
      if (work.isDue('live')) await work.pause();
      // Others have had their turn meanwhile.
      if (this.isClosed || this.stalledAt !== null) return;
      const { missed, changes } = place.take(now);
      // Before anything else is committed.
      told = Math.min(told, place.waitingSince);
      taken.push({ q, missed, changes });
      // What was missed is no tick: the first change after it leaves at once, whenever the stream was opened.
      if (changes !== null) this.writtenAt = now;
      length += (missed?.length ?? 0) + (changes?.length ?? 0);
      if (length < PART_LENGTH) continue;
      // Under the old id, since the other queries have not been told as much.
      this.writeTaken(taken);
      taken = [];
      length = 0;
    }
    this.hub.noteTurn(performance.now() - startedAt);
    this.lagMs = now - (changedAt ?? now);
    if (this.stalledAt !== null) return;
    this.toldUpTo = Math.max(this.toldUpTo, told);
    this.writeTaken(taken);
  }

  private writeTaken(taken: ReadonlyArray<Taken & { q: number }>): void {
    const events = taken.map(
      ({ q, missed, changes }) => this.pointsEvent(q, missed) + this.pointsEvent(q, changes),
    );
    if (events.some((event) => event !== '')) this.write(events.join(''));
  }

  beat(now: number): void {
    if (!this.isOpen) return;
    if (this.stalledAt !== null) {
      if (now - this.stalledAt >= STALLED_MS) this.close();
    } else if (now - this.beatAt >= HEARTBEAT_MS) {
      this.beatAt = now;
      this.advance(now);
      // A browser hides the comment from the page; by the status the page hears from the server, too.
      this.write(SSE_HEARTBEAT + this.statusEvent());
    }
  }

  tellStatus(): void {
    if (this.isOpen && this.stalledAt === null) this.write(this.statusEvent());
  }

  close(): void {
    if (this.isClosed) return;
    this.leave();
    // Before, the answer is the error that its opening ends with.
    if (this.isOpen) this.sink.close();
  }

  private leave(): void {
    this.isClosed = true;
    this.cancelTurn?.();
    this.cancelTurn = null;
    for (const place of this.places) place.leave();
    this.hold(0);
    this.leaveHub();
  }

  private notify(): void {
    this.changedAt ??= this.hub.clock.now();
    if (this.isOpen && this.cancelTurn === null && this.stalledAt === null && !this.isClosed)
      this.cancelTurn = this.hub.pacer.schedule(this);
  }

  /** Tells what arrived since the cursor, and a little before it: an event may be cut off in the middle of a write. */
  private catchUp(cursor: number): void {
    const slackMs = 2 * this.tickMs + SECOND + this.hub.cursorSlackMs;
    // Not ended with this reader: others who come back at once are told the same.
    void work(async (work) => {
      await Promise.all(
        this.places.map(async (place) => {
          const problem = await place.catchUp(cursor, slackMs, work);
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
    if (this.owedReset !== null) this.reset(this.owedReset);
    this.notify();
  }

  private advance(now: number): void {
    const told = Math.min(now, ...this.places.map(({ waitingSince }) => waitingSince));
    this.toldUpTo = Math.max(this.toldUpTo, told);
  }

  reset(reason: string): void {
    if (!this.isOpen || this.isClosed) return;
    this.owedReset = this.stalledAt === null ? null : reason;
    if (this.stalledAt === null) this.write(sseEvent('reset', JSON.stringify({ reason }), this.toldUpTo));
  }

  private pointsEvent(q: number, series: string | null): string {
    return series === null ? '' : sseEvent('points', `{"q":${q},"series":${series}}`, this.toldUpTo);
  }

  private statusEvent(): string {
    const status = { ...this.hub.health, tier: this.tier(), lagMs: this.lagMs };
    return sseEvent('status', JSON.stringify(status), this.toldUpTo);
  }

  /** The tier of the newest points; where the queries differ, that of the slowest. */
  private tier(): Tier {
    const now = this.hub.clock.now();
    const slow = this.places.find(({ query }) => !query.isInMemory(now));
    return slow ? slow.query.slowTier(now) : 'ring';
  }

  private write(text: string): void {
    if (this.sink.write(text)) return;
    this.stalledAt ??= this.hub.clock.now();
    this.hub.noteStall();
    // Whoever does not read makes way for those who do.
    if (!this.hold(this.sink.held())) this.close();
  }

  /** Notes what waits for the reader. @returns whether there is room for it. */
  private hold(bytes: number): boolean {
    const hasRoom = this.hub.noteHeld(bytes - this.heldBytes);
    this.heldBytes = bytes;
    return hasRoom;
  }
}
