import { constants, createServer, type ServerHttp2Session, type ServerOptions } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { errorResponse } from '../../api/http';
import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Root } from '../../system/root';
import { respond } from './respond';
import { Session } from './session';
import type { AnswerStream } from './stream-front';

const LOOK_EVERY_MS = 5 * SECOND;

/**
 * What one connection may ask of us. Node.js and nghttp2 bound by themselves: streams that are opened and reset (1,000
 * at once, then 33 a second), CONTINUATION frames of one header block (8), answers to PING and SETTINGS that wait to be
 * read (1,000).
 */
const OPTIONS = {
  /** MB, of everything that is kept for one connection; beyond it new streams are refused. */
  maxSessionMemory: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 1,
  maxSettings: 32,
  maxDeflateDynamicTableSize: 4_096,
  maxHeaderListPairs: 128,
  unknownProtocolTimeout: 10 * SECOND,
  settings: {
    maxConcurrentStreams: 250,
    // A stream of 64 queries carries them all in its URL.
    maxHeaderListSize: 64 * 1_024,
    /** Of a body that nobody reads yet. */
    initialWindowSize: 65_535,
    maxFrameSize: 16_384,
    headerTableSize: 4_096,
    enableConnectProtocol: false,
  },
} as const satisfies ServerOptions;

/** Of all streams of a connection together: what arrives is taken at once, and each stream has its own bound. */
const CONNECTION_WINDOW_BYTES = 2 ** 20;

/** The connections that speak HTTP/2. */
export interface Sessions {
  readonly size: number;
  /** Requests under way. */
  readonly streams: number;
  take(socket: TLSSocket): void;
  /** Says goodbye (GOAWAY): streams come to their end, and the connections with the last of theirs. */
  close(): void;
  /** Ends the looking after them. */
  stop(): void;
}

export function createSessions(
  root: Root,
  answer: AnswerStream,
  { now = () => performance.now(), lookEveryMs = LOOK_EVERY_MS } = {},
): Sessions {
  const sessions = new Set<Session>();
  const server = createServer(OPTIONS);
  // A connection that breaks is no error of ours.
  server.on('sessionError', (error: NodeJS.ErrnoException) => {
    log().debug({ code: error.code }, 'a connection of HTTP/2 broke');
  });
  const clock = { now };
  const end = (session: Session, reason: 'flood' | 'silent' | 'unread' | 'body') => {
    root.figures.tlsEnded.add(reason);
    log().debug({ reason, address: session.remoteAddress }, 'HTTP/2 was ended for what it did');
  };
  let taken: TLSSocket | null = null;

  server.on('session', (http2: ServerHttp2Session) => {
    const socket = taken!;
    http2.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const session = new Session(http2, socket, clock.now, end);
    sessions.add(session);
    http2.once('close', () => sessions.delete(session));
    http2.on('stream', (stream, headers, _flags, rawHeaders?: string[]) => {
      session.opened(stream);
      answer(stream, headers, rawHeaders ?? [], session);
    });
  });

  const timer = setInterval(() => {
    for (const session of sessions) session.look(refuseSlowBody);
  }, lookEveryMs);
  timer.unref();

  return {
    get size() {
      return sessions.size;
    },
    get streams() {
      let total = 0;
      for (const session of sessions) total += session.size;
      return total;
    },
    take(socket) {
      taken = socket;
      server.emit('connection', socket);
      taken = null;
    },
    close() {
      for (const session of sessions) session.close();
    },
    stop: () => clearInterval(timer),
  };
}

function refuseSlowBody(stream: Parameters<typeof respond>[0]): void {
  const late = new PulseError('request_timeout', 'The request did not come to its end in time.');
  respond(stream, errorResponse(late));
  stream.close(constants.NGHTTP2_CANCEL);
}
