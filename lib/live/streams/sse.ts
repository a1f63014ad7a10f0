import { SECOND } from '../../model/time/duration';

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
/** A comment: proxies close what is silent for long. */
export const SSE_HEARTBEAT = ': heartbeat\n\n';

/** One event. `data` is JSON, which has no line breaks; `id` is what the browser says in `Last-Event-ID`. */
export function sseEvent(event: 'points' | 'status' | 'reset' | 'topic', data: string, id: number): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
}
