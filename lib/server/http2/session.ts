import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { SECOND } from '../../model/time/duration';
import { REQUEST_MS } from '../listen';
import { UNREAD_MS } from '../unread';

/** As agents keep a connection of HTTP/1.1 that has nothing to do. */
const IDLE_MS = 75 * SECOND;
/** Until the first request. */
const FIRST_REQUEST_MS = 15 * SECOND;
/** Asked after so long without a byte whether somebody is there … */
const ASK_AFTER_MS = 20 * SECOND;
/** … and given up after so long. */
const SILENT_MS = 60 * SECOND;
/** Frames that ask for nothing (PING, SETTINGS, PRIORITY) between two looks; a client has reason for a few. */
const MOST_IDLE_FRAMES = 1_000;
/** How long a connection that was said goodbye to may take to end. */
const GOODBYE_MS = 5 * SECOND;

export type EndReason = 'flood' | 'silent' | 'unread' | 'body';

/** A stream, and since when its reader has taken nothing of what waits for it. */
interface OpenStream {
  readonly openedAt: number;
  mayLast: boolean;
  waiting: number;
  unreadSince: number;
  isWatched: boolean;
}

/**
 * One connection, and what is kept about how it behaves. A client that is gone, or means no good, is told from a slow
 * one by what it does: whoever answers a PING is there, whoever reads takes something.
 */
export class Session {
  readonly remoteAddress: string;
  private readonly streams = new Map<ServerHttp2Stream, OpenStream>();
  private idleSince: number;
  private hasAsked = false;
  private idleFrames = 0;
  private bytesHeard = 0;
  private heardAt: number;
  private isEnding = false;

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly socket: TLSSocket,
    private readonly now: () => number,
    private readonly noteEnd: (session: Session, reason: EndReason) => void,
  ) {
    this.remoteAddress = socket.remoteAddress ?? '';
    this.heardAt = this.idleSince = now();
    const count = () => this.countIdleFrame();
    session.on('ping', count).on('remoteSettings', count).on('priority', count);
    // Without a listener an error would end the process; the connection ends with it, and that is all.
    session.on('error', () => socket.destroy());
  }

  /** Streams under way. */
  get size(): number {
    return this.streams.size;
  }

  opened(stream: ServerHttp2Stream): void {
    const { streams } = this;
    this.hasAsked = true;
    streams.set(stream, {
      openedAt: this.now(),
      mayLast: false,
      waiting: 0,
      unreadSince: 0,
      isWatched: false,
    });
    // What a client does to its own stream is its own business.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      streams.delete(stream);
      if (streams.size === 0) this.idleSince = this.now();
    });
  }

  /** Lets the body of a stream go on for as long as its sender lives. */
  mayLast(stream: ServerHttp2Stream): void {
    const open = this.streams.get(stream);
    if (open) open.mayLast = true;
  }

  /** @param refuse what to do about a body that does not come to its end */
  look(refuse: (stream: ServerHttp2Stream) => void): void {
    const now = this.now();
    this.idleFrames = 0;
    if (this.session.destroyed || this.isEnding) return;
    const idleMs = this.hasAsked ? IDLE_MS : FIRST_REQUEST_MS;
    if (this.isSilent(now)) this.end('silent');
    else if (this.streams.size === 0 && now - this.idleSince >= idleMs) this.close();
    for (const [stream, open] of this.streams) {
      if (this.isUnread(stream, open, now)) this.endStream(stream, 'unread');
      else if (!open.mayLast && now - open.openedAt >= REQUEST_MS && isArriving(stream)) {
        this.noteEnd(this, 'body');
        refuse(stream);
      }
    }
  }

  /** Says goodbye (GOAWAY): streams come to their end, and the connection with the last of them. */
  close(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.session.close();
    // The other end has the last word, and might never say it.
    if (this.streams.size === 0) setTimeout(() => this.socket.destroy(), GOODBYE_MS).unref();
  }

  private isSilent(now: number): boolean {
    const { bytesRead } = this.socket;
    if (bytesRead !== this.bytesHeard) {
      this.bytesHeard = bytesRead;
      this.heardAt = now;
    }
    const silentMs = now - this.heardAt;
    if (silentMs >= SILENT_MS) return true;
    // One that has not been answered yet is refused (`maxOutstandingPings`), and that one will do.
    if (silentMs >= ASK_AFTER_MS && !this.session.destroyed) this.session.ping(() => undefined);
    return false;
  }

  private isUnread(stream: ServerHttp2Stream, open: OpenStream, now: number): boolean {
    const waiting = stream.writableLength;
    // More than before is only what we have added: a live stream adds to what is not read.
    if (waiting === 0 || open.waiting === 0 || waiting < open.waiting) open.unreadSince = now;
    open.waiting = waiting;
    if (waiting > 0 && !open.isWatched) {
      open.isWatched = true;
      // What goes in pieces of one size looks the same with each of them.
      stream.on('drain', () => {
        open.unreadSince = this.now();
      });
    }
    return waiting > 0 && now - open.unreadSince >= UNREAD_MS;
  }

  private countIdleFrame(): void {
    if (++this.idleFrames === MOST_IDLE_FRAMES) this.end('flood');
  }

  private endStream(stream: ServerHttp2Stream, reason: EndReason): void {
    this.noteEnd(this, reason);
    stream.close(constants.NGHTTP2_CANCEL);
    stream.destroy();
  }

  private end(reason: EndReason): void {
    this.isEnding = true;
    this.noteEnd(this, reason);
    const code = reason === 'flood' ? constants.NGHTTP2_ENHANCE_YOUR_CALM : constants.NGHTTP2_NO_ERROR;
    this.session.destroy(undefined, code);
    // Whoever does not read would not have the last bytes taken, either.
    this.socket.destroy();
  }
}

function isArriving(stream: ServerHttp2Stream): boolean {
  return !stream.endAfterHeaders && !stream.readableEnded && !stream.closed;
}
