import { SECOND } from '../../model/time/duration';
import type { StreamEventData, StreamEventName } from '../../model/wire/stream';

/** The event stream's format: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // `no-transform` also keeps Next.js from compressing the stream.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

export const HEARTBEAT_MS = 15 * SECOND;
const RECONNECT_MS = SECOND;

/** Opens every stream: how long a browser waits before it reconnects. */
export const SSE_PREAMBLE = `retry: ${RECONNECT_MS}\n\n`;
/** A comment: proxies close connections without traffic. */
export const SSE_HEARTBEAT = ': heartbeat\n\n';

/** One event, whose data is JSON already. `id` is what the browser sends as `Last-Event-ID`. */
export function sseEvent(event: StreamEventName, json: string, id: number): string {
  // JSON has no line breaks, which the format would need a field for each of.
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`;
}

/** One event of this data. */
export function encodeEvent<Name extends StreamEventName>(
  event: Name,
  data: StreamEventData<Name>,
  id: number,
): string {
  return sseEvent(event, JSON.stringify(data), id);
}
