import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CHUNK_BYTES, type HeldBodies } from '../../access/limit/held-body';
import { toPulseError } from '../../api/http';
import { ackText, nackText, readFrame } from '../../api/ingest/frame';
import type { IngestSession } from '../../api/ingest/session';
import type { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import { log } from '../../observe/log';
import { ANSWER_MS } from '../../write/commit-queue';
import type { FrameInflater } from '../../write/ingest/frame-inflater';
import { decodeParsedBody } from '../../write/ingest/json';
import type { Precision } from '../../write/ingest/timestamp';
import { Arriving } from './arriving';

export const PING_MS = 20 * SECOND;
export const SILENCE_MS = 60 * SECOND;

/** Frames that may be on their way to the database; further ones wait, and the connection is not read meanwhile. */
const MOST_BEGUN = { frames: 128, bytes: 2 ** 20 };
/** Answers that may wait for the sender to read them, likewise. */
const MOST_UNSENT_BYTES = 64 * 1_024;

/** Close codes (RFC 6455, 7.4.1, and the registry it names). */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

/** What connections share. */
export interface ConnectionHost {
  readonly figures: Figures;
  readonly bodies: HeldBodies;
  readonly inflater: FrameInflater;
  /** Whether the database keeps up; a connection that has to wait for it is called again (`advance`). */
  hasRoom(connection: IngestConnection): boolean;
  /** Calls `flush` when all that is done in this turn is done, so that answers leave together. */
  flushSoon(connection: IngestConnection): void;
}

/** Where a connection comes from. */
export interface Peer {
  ws: WebSocket;
  socket: Duplex;
  session: IngestSession;
  precision: Precision;
  noteRefused(error: PulseError): void;
}

/** A frame that has arrived. */
interface Arrived {
  data: Buffer;
  isBinary: boolean;
  /** ms of `performance.now()`. */
  at: number;
}

/** A frame that was begun, in its place in the order. */
interface Begun {
  heldBytes: number;
  /** Null where none is due; undefined until it is known. */
  answer: string | null | undefined;
}

/**
 * One sender's connection: takes frames in order, several at a time on their way to the database, and answers them in
 * that order. What it holds is bounded: it is not read while the database or the reader of its answers is slow.
 */
export class IngestConnection {
  private waiting: Arrived[] = [];
  private waitingBytes = 0;
  private readonly begun: Begun[] = [];
  private begunBytes = 0;
  /** All that is held for it, as `bodies` have it. */
  private heldBytes = 0;
  private readonly arriving = new Arriving();
  private isInflating = false;
  private isPaused = false;
  private isStopping = false;
  /** Since the last look. */
  private wasHeard = false;
  private heardAt: number;
  private pingedAt: number;

  /** @param now ms of `performance.now()` */
  constructor(
    private readonly host: ConnectionHost,
    private readonly peer: Peer,
    now: number,
  ) {
    this.heardAt = this.pingedAt = now;
    const { ws, socket } = peer;
    // Before the library's own, which takes messages out of it.
    socket.prependListener('data', (chunk: Buffer) => {
      this.wasHeard = true;
      this.arriving.chunk(chunk.length);
      this.noteHeld();
    });
    socket.on('drain', () => this.advance());
    ws.on('message', (data: Buffer, isBinary) => this.take(data, isBinary));
    ws.on('ping', (data) => this.arriving.message(data.length));
    ws.on('pong', (data) => this.arriving.message(data.length));
    // It has closed the connection with a code that says why.
    ws.on('error', (error) => log().debug({ err: error }, 'a WebSocket connection was ended'));
  }

  /** Takes no more frames, answers those that it has, and says goodbye. */
  stop(): void {
    this.isStopping = true;
    this.advance();
  }

  /** Begins what waits, as far as there is room for it. */
  advance(): void {
    while (this.waiting.length > 0 && this.mayBegin(this.waiting[0])) {
      const frame = this.waiting.shift()!;
      this.waitingBytes -= costOf(frame.data);
      this.begin(frame);
    }
    if (this.waiting.length > 0) return;
    this.resume();
    if (this.isStopping && this.begun.length === 0)
      this.peer.ws.close(GOING_AWAY, 'The server is stopping; connect again.');
  }

  /** Sends what can be answered in order. */
  flush(): void {
    const { ws, socket } = this.peer;
    const { begun } = this;
    socket.cork();
    for (let answer = begun[0]?.answer; answer !== undefined; answer = begun[0]?.answer) {
      this.begunBytes -= begun.shift()!.heldBytes;
      if (answer === null || ws.readyState !== ws.OPEN) continue;
      ws.send(answer);
      this.host.figures.frameBytes.add('sent', Buffer.byteLength(answer));
    }
    socket.uncork();
    this.noteHeld();
    this.advance();
  }

  /** Called about once a second. A connection that is not read cannot be heard. */
  look(now: number): void {
    const { ws } = this.peer;
    if (this.wasHeard || this.isPaused) this.heardAt = now;
    this.wasHeard = false;
    if (now - this.heardAt >= SILENCE_MS) ws.terminate();
    else if (now - this.pingedAt >= PING_MS && ws.readyState === ws.OPEN) {
      this.pingedAt = now;
      ws.ping();
    }
  }

  /** When it is closed: frames on their way are committed all the same. */
  end(): void {
    this.waiting = [];
    this.waitingBytes = 0;
    this.isStopping = true;
    this.arriving.reset();
    this.resume();
    this.noteHeld();
  }

  private take(data: Buffer, isBinary: boolean): void {
    this.arriving.message(data.length);
    if (this.isStopping) return;
    this.host.figures.frameBytes.add('received', data.length);
    const frame = { data, isBinary, at: performance.now() };
    if (this.waiting.length === 0 && this.mayBegin(frame)) this.begin(frame);
    else {
      this.waiting.push(frame);
      this.waitingBytes += costOf(data);
      this.pause();
    }
    this.noteHeld();
  }

  private mayBegin({ data, at }: Arrived): boolean {
    const { begun, peer, host } = this;
    if (this.isInflating || begun.length >= MOST_BEGUN.frames) return false;
    if (begun.length > 0 && this.begunBytes + costOf(data) > MOST_BEGUN.bytes) return false;
    if (peer.ws.bufferedAmount >= MOST_UNSENT_BYTES) return false;
    // One that has waited long enough is refused rather than kept.
    return host.hasRoom(this) || performance.now() - at >= ANSWER_MS;
  }

  private begin(frame: Arrived): void {
    const begun: Begun = { heldBytes: costOf(frame.data), answer: undefined };
    this.begun.push(begun);
    this.begunBytes += begun.heldBytes;
    void this.answerTo(frame).then((answer) => {
      begun.answer = answer;
      this.host.figures.frameSeconds.observe((performance.now() - frame.at) / SECOND);
      this.host.flushSoon(this);
    });
  }

  /** Does not reject. */
  private async answerTo({ data, isBinary, at }: Arrived): Promise<string | null> {
    const { session, precision, noteRefused } = this.peer;
    const { frames } = this.host.figures;
    let seq: number | null | undefined = null;
    try {
      const inflated = isBinary ? this.host.inflater.inflate(data) : data;
      // Not awaited where there is nothing to wait for: the next frame would overtake this one.
      const frame = readFrame(Buffer.isBuffer(inflated) ? inflated : await this.until(inflated), precision);
      seq = frame.seq;
      const answerMs = Math.max(0, ANSWER_MS - (performance.now() - at));
      const result = await session.write(() => decodeParsedBody(frame.body, precision), answerMs);
      frames.add(seq === undefined ? 'none' : 'ack');
      return seq === undefined ? null : ackText(seq, result);
    } catch (thrown) {
      const error = toPulseError(thrown);
      noteRefused(error);
      frames.add(seq === undefined ? 'none' : 'nack');
      return seq === undefined ? null : nackText(seq, error);
    }
  }

  /** Lets no other frame begin meanwhile. */
  private async until(inflated: Promise<Buffer>): Promise<Buffer> {
    this.isInflating = true;
    try {
      return await inflated;
    } finally {
      this.isInflating = false;
      // The next one may have waited for this alone.
      this.host.flushSoon(this);
    }
  }

  /** Tells `bodies` what is held now; where that is too much for all together, this connection ends. */
  private noteHeld(): void {
    const { bodies } = this.host;
    const held = this.arriving.heldBytes + this.waitingBytes + this.begunBytes;
    const more = held - this.heldBytes;
    if (more <= 0) {
      bodies.letGo(-more);
      this.heldBytes = held;
      return;
    }
    try {
      bodies.hold(more);
      this.heldBytes = held;
    } catch (error) {
      this.isStopping = true;
      this.peer.ws.close(TRY_AGAIN_LATER, toPulseError(error).message);
    }
  }

  private pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.peer.ws.pause();
    this.host.figures.connectionsPaused.value++;
  }

  private resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.peer.ws.resume();
    this.host.figures.connectionsPaused.value--;
  }
}

function costOf(data: Buffer): number {
  return data.length + CHUNK_BYTES;
}
