import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Reclaim } from '../../runtime/reclaim';

/** What all large answers together may hold of what their readers have not taken yet. */
const MAX_UNSENT_BYTES = 256 * 1024 * 1024;
const RETRY_AFTER_MS = 5 * SECOND;

/** Large answers, which hold memory until their readers have taken them. */
export class UnsentBodies {
  /** What all of them hold. */
  bytes = 0;

  constructor(private readonly reclaim: Reclaim) {}

  /**
   * A body whose chunks are released as they are taken, or all at once when the reader leaves.
   *
   * @param signal aborted when the reader has left: one that has left before it took anything cancels nothing.
   * @throws PulseError `too_expensive` when it alone is too large, `too_busy` when others wait for their readers.
   */
  create(chunks: readonly Uint8Array[], signal?: AbortSignal): ReadableStream<Uint8Array> {
    const waiting = [...chunks].reverse();
    let left = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.requireRoom(left);
    this.bytes += left;
    const letGo = () => {
      signal?.removeEventListener('abort', letGo);
      this.bytes -= left;
      this.reclaim.noteLetGo(left);
      left = 0;
      waiting.length = 0;
    };
    signal?.addEventListener('abort', letGo);
    if (signal?.aborted) letGo();
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = waiting.pop();
          if (chunk) {
            left -= chunk.byteLength;
            this.bytes -= chunk.byteLength;
            controller.enqueue(chunk);
          }
          if (waiting.length > 0) return;
          letGo();
          controller.close();
        },
        cancel: letGo,
      },
      // Nothing leaves before it is asked for.
      { highWaterMark: 0 },
    );
  }

  private requireRoom(bytes: number): void {
    if (bytes > MAX_UNSENT_BYTES)
      throw new PulseError(
        'too_expensive',
        `The answer has ${bytes} bytes, ${MAX_UNSENT_BYTES} are the limit.`,
      );
    if (this.bytes + bytes <= MAX_UNSENT_BYTES) return;
    const message = 'Other large answers are waiting for their readers; try again shortly.';
    throw new PulseError('too_busy', message, { retryAfterMs: RETRY_AFTER_MS });
  }
}
