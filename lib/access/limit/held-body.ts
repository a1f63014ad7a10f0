import { PulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Reclaim } from '../../runtime/reclaim';

/** What all bodies that are still arriving hold together: thousands of senders may each have begun a large one. */
const MOST_HELD_BYTES = 512 * 2 ** 20;

/** What Node.js keeps for a chunk beside its bytes, at least. */
export const CHUNK_BYTES = 256;
/** Chunks smaller than this are put together. */
const SMALL_BYTES = 4_096;
const LARGEST_PIECE_BYTES = 64 * 1_024;
/** Few agents send bodies as large as this. */
const LARGE_BYTES = 2 ** 18;

/** Bodies that are still arriving. */
export class HeldBodies {
  /** What all of them hold. */
  bytes = 0;

  constructor(readonly reclaim: Reclaim) {}

  /** @param advice what to do about a body that is too large */
  open(maxBytes: number, advice = ''): HeldBody {
    return new HeldBody(this, maxBytes, advice);
  }

  /** Notes that so much more memory is held. Throws `queue_full` when that is too much for all together. */
  hold(bytes: number): void {
    if (this.bytes + bytes > MOST_HELD_BYTES) {
      const message = 'Too many large bodies are arriving at the same time. Send this one again later.';
      throw new PulseError('queue_full', message, { retryAfterMs: SECOND });
    }
    this.bytes += bytes;
  }

  letGo(bytes: number): void {
    this.bytes -= bytes;
    if (bytes >= LARGE_BYTES) this.reclaim.noteLetGo(bytes);
  }
}

/**
 * A body as it arrives. Call `release` when it has ended, in whatever way. What counts is the memory it takes: of a
 * sender that sends byte by byte that would otherwise be a hundred times what it sent.
 */
export class HeldBody {
  private pieces: Uint8Array[] = [];
  private bytes = 0;
  /** Of memory. */
  heldBytes = 0;
  /** What the last piece may grow into. */
  private room: { bytes: Buffer; filled: number } | null = null;

  constructor(
    private readonly all: HeldBodies,
    private readonly maxBytes: number,
    private readonly advice: string,
  ) {}

  /** Throws `body_too_large`, or `queue_full` when too much is held of other bodies. */
  add(chunk: Uint8Array): void {
    if (this.bytes + chunk.length > this.maxBytes) throw tooLarge(this.maxBytes, this.advice);
    let rest = this.room ? this.fill(chunk) : chunk;
    // Most bodies are one chunk.
    const isWorthKeeping = this.pieces.length === 0 || rest.length >= SMALL_BYTES;
    if (isWorthKeeping && isMostOfItsMemory(rest)) this.keep(rest);
    else while (rest.length > 0) rest = this.append(rest);
    this.bytes += chunk.length;
  }

  whole(): Buffer {
    const [only] = this.pieces;
    if (this.pieces.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.length);
    return Buffer.concat(this.pieces, this.bytes);
  }

  release(): void {
    this.all.letGo(this.heldBytes);
    this.heldBytes = this.bytes = 0;
    this.pieces = [];
    this.room = null;
  }

  private keep(chunk: Uint8Array): void {
    this.hold(chunk.length + CHUNK_BYTES);
    this.pieces.push(chunk);
  }

  /**
   * Makes room for as much again as there is, so that a body is in few pieces however it comes.
   * @returns what there was no room for.
   */
  private append(chunk: Uint8Array): Uint8Array {
    const size = Math.min(LARGEST_PIECE_BYTES, Math.max(SMALL_BYTES, this.bytes));
    this.hold(size + CHUNK_BYTES);
    const bytes = Buffer.allocUnsafeSlow(size);
    this.pieces.push(bytes.subarray(0, 0));
    this.room = { bytes, filled: 0 };
    return this.fill(chunk);
  }

  /** @returns what there was no room for. */
  private fill(chunk: Uint8Array): Uint8Array {
    const { bytes, filled } = this.room!;
    const fitting = chunk.subarray(0, bytes.length - filled);
    bytes.set(fitting, filled);
    const end = filled + fitting.length;
    this.pieces[this.pieces.length - 1] = bytes.subarray(0, end);
    this.room = end < bytes.length ? { bytes, filled: end } : null;
    return chunk.subarray(fitting.length);
  }

  private hold(bytes: number): void {
    this.all.hold(bytes);
    this.heldBytes += bytes;
  }
}

/** A few bytes of a large buffer would keep all of it. */
function isMostOfItsMemory({ length, buffer }: Uint8Array): boolean {
  return buffer.byteLength <= 2 * length + SMALL_BYTES;
}

export function tooLarge(maxBytes: number, advice = ''): PulseError {
  return new PulseError('body_too_large', `The body has more than ${maxBytes} bytes${advice || '.'}`);
}

/** Whether reading failed because the sender disconnected, which is no error. */
export function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    /^(Abort|ResponseAborted)/.test(error.name)
  );
}
