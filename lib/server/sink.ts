import type { Writable } from 'node:stream';
import type { StreamSink } from '../live/streams/stream';

/** The response of HTTP/1.1, or a stream of HTTP/2. */
type Reply = Writable & { readonly headersSent: boolean };

/** A stream's sink on a reply. Its head waits for the first text: a refusal, with its own head, comes before that. */
export function createSink(reply: Reply, sendHead: () => void): StreamSink {
  return {
    write(text) {
      if (reply.destroyed || reply.closed || reply.writableEnded) return false;
      if (!reply.headersSent) sendHead();
      return reply.write(text);
    },
    held: () => reply.writableLength,
    onDrain(resume) {
      reply.on('drain', resume);
    },
    close() {
      // The end would wait for ever behind data that the reader does not read.
      if (reply.writableNeedDrain) reply.destroy();
      else reply.end();
    },
  };
}
