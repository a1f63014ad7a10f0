import { PulseError } from './errors';
import { SECOND } from './model';
import { once } from './once';

/** What all bodies that are still arriving hold together: thousands of senders may each have begun a large one. */
const held = () => once('ingest.held-bytes', () => ({ bytes: 0 }));
const MOST_HELD_BYTES = 512 * 2 ** 20;

/** A body as it arrives. Call `release` when it has come to its end, whichever. */
export class HeldBody {
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;

  constructor(
    private readonly maxBytes: number,
    /** What to do about a body that is too large. */
    private readonly advice = '',
  ) {}

  /** Throws `body_too_large`, or `queue_full` when too much is held of other bodies. */
  add(chunk: Uint8Array): void {
    if (this.bytes + chunk.length > this.maxBytes) throw tooLarge(this.maxBytes, this.advice);
    if (held().bytes + chunk.length > MOST_HELD_BYTES) {
      const message = 'Too many large bodies are arriving at the same time. Send this one again later.';
      throw new PulseError('queue_full', message, { retryAfterMs: SECOND });
    }
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    held().bytes += chunk.length;
  }

  whole(): Buffer {
    const [only] = this.chunks;
    if (this.chunks.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.length);
    return Buffer.concat(this.chunks, this.bytes);
  }

  release(): void {
    held().bytes -= this.bytes;
    this.bytes = 0;
  }
}

export function tooLarge(maxBytes: number, advice = ''): PulseError {
  return new PulseError('body_too_large', `The body has more than ${maxBytes} bytes${advice || '.'}`);
}

/** Whether reading failed because the sender went away, which is nobody's error. */
export function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    /^(Abort|ResponseAborted)/.test(error.name)
  );
}
