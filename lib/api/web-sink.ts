import type { StreamSink } from '../live/streams/stream';

/** Bytes that a response may hold for its reader. */
const HIGH_WATER_BYTES = 64 * 1024;

/** A stream's sink for a route handler: what is written is read from `body`. */
export function createWebSink(): {
  body: ReadableStream<Uint8Array>;
  sink: StreamSink;
  /** Calls `left` when the reader goes away. */
  onCancel(left: () => void): void;
} {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let resume = () => {};
  let left = () => {};
  let isOpen = true;

  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      pull() {
        // It is also called a while after there was room, when there may be none again.
        if ((controller.desiredSize ?? 0) > 0) resume();
      },
      cancel() {
        isOpen = false;
        left();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );

  return {
    body,
    sink: {
      write(text) {
        if (!isOpen) return false;
        controller.enqueue(encoder.encode(text));
        return (controller.desiredSize ?? 0) > 0;
      },
      held: () => HIGH_WATER_BYTES - (controller.desiredSize ?? 0),
      onDrain(callback) {
        resume = callback;
      },
      close() {
        if (!isOpen) return;
        isOpen = false;
        controller.close();
      },
    },
    onCancel(callback) {
      left = callback;
    },
  };
}
