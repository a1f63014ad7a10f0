import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { PlainResponse } from '../../api/http';

/** Sends a plain answer. Of a body that is still coming nothing more is taken. */
export function respond(
  stream: ServerHttp2Stream,
  { status, headers, body }: PlainResponse,
  requestId?: string,
): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  const sent: OutgoingHttpHeaders = { ':status': status };
  if (requestId) sent['x-request-id'] = requestId;
  // Of the connection, which HTTP/2 has frames to speak of instead.
  for (const name in headers) if (name !== 'connection') sent[name] = headers[name];
  if (status === 204) {
    stream.respond(sent, { endStream: true });
  } else {
    sent['content-length'] = Buffer.byteLength(body);
    stream.respond(sent);
    stream.end(body);
  }
  endUnreadBody(stream);
}

/** Tells a client that is still sending to stop, once it has its answer (RFC 9113, 8.1). */
export function endUnreadBody(stream: ServerHttp2Stream): void {
  if (!stream.endAfterHeaders && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}
