import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A segment is closed at this size, and deleted when all of it has been taken. */
const SEGMENT_BYTES = 16 * 2 ** 20;
/** Length and check sum before each record. */
const HEAD_BYTES = 8;
const LOCK = 'lock';
const NAME = /^(\d{10})\.spool$/;

interface Segment {
  number: number;
  file: string;
  /** Bytes of whole records. */
  size: number;
}

interface Waiting {
  record: Buffer;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Records appended to files of a folder, each on the disk before its `append` resolves, taken back in order. Whoever
 * appends while the disk is busy shares the next flush. A record half-written when the process or the machine died
 * is cut off at the next start: nobody was told that it was kept.
 */
export class Segments {
  private segments: Segment[] = [];
  private handle: FileHandle | undefined;
  private waiting: Waiting[] = [];
  private isFlushing = false;
  /** Where the next record to be taken begins, in the first segment. */
  private takeFrom = 0;
  private lastNumber = 0;

  private constructor(private readonly folder: string) {}

  /** @throws Error with one sentence when another process has this folder. */
  static async open(folder: string): Promise<Segments> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    lock(folder);
    const opened = new Segments(folder);
    for (const name of readdirSync(folder).sort()) {
      const number = Number(NAME.exec(name)?.[1]);
      if (!number) continue;
      opened.segments.push(recover(join(folder, name), number));
      opened.lastNumber = number;
    }
    return opened;
  }

  /** Bytes on the disk, and on their way there, that have not been taken. */
  get bytes(): number {
    const kept = this.segments.reduce((sum, { size }) => sum + size, 0) - this.takeFrom;
    return this.waiting.reduce((sum, { record }) => sum + record.length, kept);
  }

  /** Resolves when the payload will survive the end of everything. Rejects when the disk does not take it. */
  append(payload: Buffer): Promise<void> {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(payload.length, 0);
    checkSum(payload).copy(head, 4);
    return new Promise((resolve, reject) => {
      this.waiting.push({ record: Buffer.concat([head, payload]), resolve, reject });
      void this.flush();
    });
  }

  /** The oldest payloads, up to so many bytes of them and one at least; none when there is nothing. */
  async peek(maxBytes: number): Promise<{ payloads: Buffer[]; end: number }> {
    const [oldest] = this.segments;
    const payloads: Buffer[] = [];
    let end = this.takeFrom;
    if (!oldest || end >= oldest.size) return { payloads, end };
    const file = await open(oldest.file, 'r');
    try {
      while (end < oldest.size && (payloads.length === 0 || end - this.takeFrom < maxBytes)) {
        const head = Buffer.alloc(HEAD_BYTES);
        await file.read(head, 0, HEAD_BYTES, end);
        const payload = Buffer.alloc(head.readUInt32LE(0));
        await file.read(payload, 0, payload.length, end + HEAD_BYTES);
        payloads.push(payload);
        end += HEAD_BYTES + payload.length;
      }
    } finally {
      await file.close();
    }
    return { payloads, end };
  }

  /** Forgets what `peek` gave. A crash before its whole segment is forgotten brings it back: taking twice must be harmless. */
  async drop(end: number): Promise<void> {
    this.takeFrom = end;
    const [oldest] = this.segments;
    const isLast = this.segments.length === 1;
    if (!oldest || end < oldest.size || (isLast && this.isFlushing)) return;
    if (isLast) await this.closeHandle();
    // Something may have been appended while the file was closed.
    if (this.takeFrom < oldest.size || (this.segments.length === 1 && this.isFlushing)) return;
    this.segments.shift();
    this.takeFrom = 0;
    await rm(oldest.file, { force: true });
  }

  async close(): Promise<void> {
    while (this.isFlushing) await new Promise((resolve) => setImmediate(resolve));
    await this.closeHandle();
    await rm(join(this.folder, LOCK), { force: true });
  }

  private async flush(): Promise<void> {
    if (this.isFlushing) return;
    this.isFlushing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch.map(({ record }) => record));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isFlushing = false;
  }

  private async write(records: Buffer[]): Promise<void> {
    const segment = await this.current();
    const bytes = Buffer.concat(records);
    this.handle ??= await open(segment.file, 'r+');
    const { handle } = this;
    try {
      await handle.write(bytes, 0, bytes.length, segment.size).then(({ bytesWritten }) => {
        if (bytesWritten < bytes.length)
          throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      });
      await handle.datasync();
      segment.size += bytes.length;
    } catch (error) {
      // What was half-written is cut off, so that the next record begins where this one did.
      await handle.truncate(segment.size).catch(() => this.closeHandle());
      throw error;
    }
  }

  private async current(): Promise<Segment> {
    const last = this.segments.at(-1);
    if (last && last.size < SEGMENT_BYTES) return last;
    await this.closeHandle();
    const number = ++this.lastNumber;
    const file = join(this.folder, `${String(number).padStart(10, '0')}.spool`);
    this.handle = await open(file, 'wx+', 0o600);
    // The folder's entry must survive as well.
    const folder = await open(this.folder, 'r');
    await folder.sync().finally(() => folder.close());
    const segment = { number, file, size: 0 };
    this.segments.push(segment);
    return segment;
  }

  private async closeHandle(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}

/** Two processes must not append to the same files. A lock whose process is gone, or was this very one, is no lock. */
function lock(folder: string): void {
  const file = join(folder, LOCK);
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (holder > 0 && holder !== process.pid && isAlive(holder))
    throw new Error(
      `SPOOL_DIR ${folder} is in use by process ${holder}: give every server a folder of its own.`,
    );
  writeFileSync(file, String(process.pid), { mode: 0o600 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A segment as a crash may have left it: cut off after its last whole record. */
function recover(file: string, number: number): Segment {
  const bytes = readFileSync(file);
  let size = 0;
  while (size + HEAD_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(size);
    const end = size + HEAD_BYTES + length;
    if (end > bytes.length) break;
    const payload = bytes.subarray(size + HEAD_BYTES, end);
    if (!checkSum(payload).equals(bytes.subarray(size + 4, size + HEAD_BYTES))) break;
    size = end;
  }
  if (size < statSync(file).size) truncateSync(file, size);
  return { number, file, size };
}

function checkSum(payload: Buffer): Buffer {
  return createHash('sha256').update(payload).digest().subarray(0, 4);
}
