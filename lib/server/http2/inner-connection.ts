import { Duplex } from 'node:stream';

/** One end of a connection inside of this process. */
class End extends Duplex {
  private other!: End;
  /** Called when the other end may send more. */
  private taken: (() => void) | null = null;
  /** What comes through it came over TLS. */
  readonly encrypted = true;

  constructor(readonly remoteAddress: string) {
    super();
  }

  static pair(remoteAddress: string): { near: End; far: End } {
    const near = new End(remoteAddress);
    const far = new End(remoteAddress);
    near.other = far;
    far.other = near;
    return { near, far };
  }

  override _read(): void {
    const { taken } = this;
    this.taken = null;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const { other } = this;
    if (other.destroyed) done(reset());
    else if (other.push(chunk)) done();
    else other.taken = done;
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    done(error);
    const { taken } = this;
    this.taken = null;
    taken?.();
    // What was sent to its end is still read; what was not is cut off.
    if (!this.writableFinished && !other.destroyed) process.nextTick(() => other.destroy(reset()));
  }
}

function reset(): Error {
  return Object.assign(new Error('the connection was cut off'), { code: 'ECONNRESET' });
}

/**
 * A connection inside of this process: what is written to one end is read at the other, as fast as it is taken there.
 *
 * @param remoteAddress what the far end says that it is connected to
 */
export function innerConnection(remoteAddress: string): { near: Duplex; far: Duplex } {
  return End.pair(remoteAddress);
}
