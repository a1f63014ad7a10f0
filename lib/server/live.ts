import type { IncomingMessage, ServerResponse } from 'node:http';
import { openViewerStream } from '../api/viewer-stream';
import { SSE_HEADERS } from '../live/streams/sse';
import type { StreamSink } from '../live/streams/stream';
import type { Root } from '../system/root';
import { viewerHeadersOf } from './head';

/** `GET /api/live` on plain `node:http`: a third of the memory and processor time that it takes behind Next.js. */
export async function answerLive(
  root: Root,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { url = '/', headers } = request;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const stream = await openViewerStream(
    root,
    {
      search: new URL(url, 'http://localhost').searchParams,
      lastEventId: String(headers['last-event-id'] ?? '') || null,
      sink: sinkOf(response),
    },
    viewerHeadersOf(request, root.settings),
    gone.signal,
  );
  response.on('close', () => stream.close());
}

/** A refusal comes before the first text, so the head waits for that. */
export function sinkOf(response: ServerResponse): StreamSink {
  return {
    write(text) {
      if (response.destroyed || response.writableEnded) return false;
      if (!response.headersSent) response.writeHead(200, SSE_HEADERS);
      return response.write(text);
    },
    held: () => response.writableLength,
    onDrain(resume) {
      response.on('drain', resume);
    },
    close() {
      // The end would wait for ever behind data that the reader does not read.
      if (response.writableNeedDrain) response.destroy();
      else response.end();
    },
  };
}
