import type { FileHandle } from 'node:fs/promises';

/** Few enough to compute all checksums in it without a pause. */
const WINDOW_BYTES = 2 ** 18;
/** A disk fails to read at least this much at a time. */
const PAGE_BYTES = 4_096;

/** A file read through a window, so that it costs the same memory however long it is. */
export class Pages {
  private window: Buffer = Buffer.alloc(0);
  private at = 0;

  /**
   * @param end no byte at or after it is read
   * @param skipsUnreadable whether unreadable bytes are read as zeros, rather than an error
   */
  constructor(
    private readonly handle: FileHandle,
    readonly end: number,
    private readonly skipsUnreadable = false,
  ) {}

  /** So many bytes from `offset`, at most a window; fewer where the file ends. */
  async read(offset: number, length = WINDOW_BYTES): Promise<Buffer> {
    const size = Math.min(length, WINDOW_BYTES, this.end - offset);
    if (size <= 0) return Buffer.alloc(0);
    if (offset < this.at || offset + size > this.at + this.window.length) {
      this.window = await this.load(offset, Math.min(WINDOW_BYTES, this.end - offset));
      this.at = offset;
    }
    return this.window.subarray(offset - this.at, offset - this.at + size);
  }

  /** All of a range, part by part; less where the file ends. */
  async *parts(offset: number, length: number): AsyncGenerator<Buffer> {
    const end = offset + length;
    while (offset < end) {
      const part = await this.read(offset, end - offset);
      if (part.length === 0) return;
      yield part;
      offset += part.length;
    }
  }

  private async load(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    try {
      return bytes.subarray(0, await this.fill(bytes, offset));
    } catch (error) {
      if (!this.skipsUnreadable) throw error;
    }
    for (let from = 0; from < length; from += PAGE_BYTES) {
      const page = bytes.subarray(from, from + PAGE_BYTES);
      await this.fill(page, offset + from).catch(() => page.fill(0));
    }
    return bytes;
  }

  private async fill(bytes: Buffer, offset: number): Promise<number> {
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.handle.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }
}
