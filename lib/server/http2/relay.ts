import {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp1,
  type Server,
} from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { PulseError } from '../../model/errors';
import { log } from '../../observe/log';
import { innerConnection } from './inner-connection';
import type { Exchange, StreamRequest } from './request';
import { endUnreadBody } from './respond';

/** Answers a request by asking the HTTP/1.1 side. */
export type Relay = (exchange: Exchange) => void;

/**
 * What a connection of HTTP/1.1 says to its own end, or how a body lies on it: the two sides have connections and
 * bodies of their own. An expectation (`expect`) has been answered before.
 */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'te',
  'trailer',
  'expect',
]);
/** As the HTTP/1.1 side takes it. */
const MOST_HEADER_BYTES = 64 * 1_024;

/**
 * Relays requests to the HTTP/1.1 side of this process, each over a connection of its own that knows where it is from:
 * Next.js does not run behind Node's HTTP/2 server. All checks are made there, on what arrives.
 *
 * @param http1 as on its own port
 */
export function createRelay(http1: Server): Relay {
  return ({ stream, request }) => {
    const { near, far } = innerConnection(request.remoteAddress);
    http1.emit('connection', far);
    const asked = ask(request, near, stream.endAfterHeaders);
    asked.on('response', (answer) => relayAnswer(answer, stream));
    asked.on('error', (error) => {
      // An answer that has begun comes to its own end.
      if (!stream.headersSent && !stream.destroyed) refuse(stream, error);
    });
    stream.on('close', () => asked.destroy());
    if (stream.endAfterHeaders) asked.end();
    else stream.pipe(asked);
  };
}

/** @throws PulseError `bad_request` for what cannot be said in HTTP/1.1 */
function ask(
  { method, url: path, headers }: StreamRequest,
  connection: ReturnType<typeof innerConnection>['near'],
  isWithoutBody: boolean,
): ClientRequest {
  try {
    const asked = requestHttp1({
      createConnection: () => connection,
      method,
      path,
      headers: headersFor(headers),
      setHost: false,
      maxHeaderSize: MOST_HEADER_BYTES,
    });
    // Node would leave a body without a length undelimited for some methods.
    if (!isWithoutBody && headers['content-length'] === undefined)
      asked.setHeader('transfer-encoding', 'chunked');
    return asked;
  } catch (cause) {
    connection.destroy();
    throw new PulseError('bad_request', 'This cannot be asked.', { cause });
  }
}

function headersFor(headers: StreamRequest['headers']): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers))
    if (name[0] !== ':' && value !== undefined && !OF_THE_CONNECTION.has(name)) sent[name] = value;
  return sent;
}

function relayAnswer(answer: IncomingMessage, stream: ServerHttp2Stream): void {
  if (stream.destroyed || stream.closed) return void answer.destroy();
  const headers: OutgoingHttpHeaders = { ':status': answer.statusCode };
  for (const [name, value] of Object.entries(answer.headers))
    if (!OF_THE_CONNECTION.has(name)) headers[name] = value;
  stream.respond(headers);
  answer.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  answer.on('end', () => {
    // Without this a client would take half an answer for all of it.
    if (!answer.complete) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else endUnreadBody(stream);
  });
  answer.pipe(stream);
}

function refuse(stream: ServerHttp2Stream, error: Error): void {
  log().warn({ err: error }, 'a request was not relayed');
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
