import { gunzipSync } from 'node:zlib';
import { explainInflation, inflateWhole } from './body';
import { encodingFor } from './encoding';

/** What takes less than a millisecond is done at once: handing it to a thread would cost more than the work. */
const SMALL = { sentBytes: 4_096, bytes: 64 * 1_024 };
/** Each holds what it has inflated so far. */
const MOST_AT_A_TIME = 4;

const GZIP = encodingFor('gzip')!;

/** Inflates the gzipped frames of all connections of a server; few large ones at a time. */
export class FrameInflater {
  private running = 0;
  private readonly turns: Array<() => void> = [];

  /** @param maxBytes of a frame, inflated */
  constructor(private readonly maxBytes: number) {}

  /** @throws PulseError `body_too_large`, `bad_body`, at once or later */
  inflate(frame: Buffer): Buffer | Promise<Buffer> {
    return (frame.length <= SMALL.sentBytes && this.inflateSmall(frame)) || this.inflateLarge(frame);
  }

  /** Null where it is not small once it is inflated. */
  private inflateSmall(frame: Buffer): Buffer | null {
    try {
      return gunzipSync(frame, { maxOutputLength: Math.min(SMALL.bytes, this.maxBytes) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
      throw explainInflation(error);
    }
  }

  private async inflateLarge(frame: Buffer): Promise<Buffer> {
    if (this.running === MOST_AT_A_TIME) await new Promise<void>((resolve) => this.turns.push(resolve));
    else this.running++;
    try {
      return await inflateWhole(frame, GZIP, this.maxBytes);
    } finally {
      const next = this.turns.shift();
      if (next) next();
      else this.running--;
    }
  }
}
