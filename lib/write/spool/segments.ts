import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MINUTE } from '../../model/time/duration';
import { log } from '../../observe/log';
import { type Lock, LockHeld, takeLock } from '../../runtime/process/lock.mjs';
import { type DamagedFileFigures, DamagedFiles } from './damaged-files';
import { findSegments } from './find-segments';
import { encodeHead, HEAD_BYTES, storedPayload } from './record';
import { type Damage, NotAFile, SEQUENCE_JUMP, Segment } from './segment';

const MAX_DAMAGED_BYTES = 64 * 2 ** 20;
/** How long a file that cannot be read is tried again, before its unreadable parts are left out. */
const READ_RETRY_MS = MINUTE;
/** An administrator can correct these, and then nothing is lost: they are tried again without end. */
const RECOVERABLE_CODES = ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM'];

interface PendingAppend {
  stored: Buffer;
  isBase64: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export interface SegmentsOptions {
  /** Damaged files are kept up to so many bytes. */
  damagedBytes?: number;
  readRetryMs?: number;
}

/**
 * Records appended to files of a folder, each flushed before its `append` resolves, and read back in order. Appends
 * that come while the disk is busy share the next flush. A record that was half-written when the process or the machine
 * died is cut off at the next start: its append was never confirmed. Other damage is skipped and counted; its file is
 * kept.
 */
export class Segments {
  /** Damage that was skipped since the start. */
  readonly skipped: Damage = { records: 0, bytes: 0 };
  private segments: Segment[] = [];
  private handle: FileHandle | undefined;
  private waiting: PendingAppend[] = [];
  private isFlushing = false;
  private nextSequence = 1;
  private unreadableSince: number | null = null;
  /** Another process took the folder. */
  private isLost = false;
  private lock!: Lock;

  private constructor(
    private readonly folder: string,
    private readonly readRetryMs: number,
    private readonly damaged: DamagedFiles,
  ) {}

  /** @throws Error with one sentence when another server has this folder, or nothing can be written there. */
  static async open(
    folder: string,
    { damagedBytes = MAX_DAMAGED_BYTES, readRetryMs = READ_RETRY_MS }: SegmentsOptions = {},
  ): Promise<Segments> {
    const opened = new Segments(folder, readRetryMs, new DamagedFiles(folder, damagedBytes));
    await opened.claim();
    const { segments, nextSequence, nonFiles } = await findSegments(folder);
    opened.segments = segments;
    opened.nextSequence = nextSequence;
    for (const { file, records } of nonFiles) {
      opened.skip({ records, bytes: 0 }, file);
      await opened.damaged.keep(file);
    }
    return opened;
  }

  private async claim(): Promise<void> {
    const { folder } = this;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const onLost = () => {
        this.isLost = true;
        log().fatal({ folder }, 'another process has taken the spool of this one');
      };
      this.lock = await takeLock(join(folder, 'lock'), { onLost });
    } catch (cause) {
      if (cause instanceof LockHeld) {
        const { pid } = cause.holder;
        const user = pid === process.pid ? 'another server in this process' : `process ${pid}`;
        throw new Error(`SPOOL_DIR ${folder} is in use by ${user}: give every server a folder of its own.`);
      }
      const { code } = cause as NodeJS.ErrnoException;
      throw new Error(
        `SPOOL_DIR ${folder} cannot be used (${code}): set it to a folder this user may write to.`,
        {
          cause,
        },
      );
    }
  }

  /** Bytes on the disk, and on their way there, that have not been taken. */
  get bytes(): number {
    const kept = this.segments.reduce((sum, { bytesLeft }) => sum + bytesLeft, 0);
    return this.waiting.reduce((sum, { stored }) => sum + HEAD_BYTES + stored.length, kept);
  }

  /** Damaged files that are kept. */
  get damagedFileFigures(): DamagedFileFigures {
    return this.damaged.figures;
  }

  /** Resolves when the payload is flushed to the disk. Rejects when it cannot be written. */
  append(payload: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...storedPayload(payload), resolve, reject });
      void this.flush();
    });
  }

  /** The oldest payloads, up to so many bytes of them and one at least; none when there is nothing. */
  async peek(maxBytes: number): Promise<{ payloads: Buffer[]; end: number }> {
    for (;;) {
      const [oldest] = this.segments;
      if (!oldest || this.isLost) return { payloads: [], end: 0 };
      const payloads = await this.readFrom(oldest, maxBytes);
      if (payloads.length > 0) return { payloads, end: payloads.length };
      if (!(await this.removeIfTaken(oldest))) return { payloads, end: 0 };
    }
  }

  /**
   * Removes the records that `peek` returned. After a crash they may be returned again: to process them twice must be
   * harmless.
   */
  async drop(end: number): Promise<void> {
    const [oldest] = this.segments;
    if (!oldest || this.isLost) return;
    oldest.markTaken(end);
    await this.removeIfTaken(oldest);
  }

  /**
   * The file of the records that `peek` returned holds one that cannot be used: it is kept after the rest is removed.
   */
  keepFile(damage: Damage): void {
    const [oldest] = this.segments;
    if (!oldest) return;
    oldest.isDamaged = true;
    this.skip(damage, oldest.file);
  }

  async close(): Promise<void> {
    while (this.isFlushing) await new Promise((resolve) => setImmediate(resolve));
    await this.closeHandle();
    await this.damaged.moveAll();
    this.lock.release();
  }

  private async readFrom(segment: Segment, maxBytes: number): Promise<Buffer[]> {
    try {
      const found = await segment.scanNew(this.endOf(segment));
      if (found) this.skip(found, segment.file);
      const { payloads, damage } = await segment.read(maxBytes);
      if (damage.records > 0) this.skip(damage, segment.file);
      this.unreadableSince = null;
      return payloads;
    } catch (error) {
      this.handleReadError(error as NodeJS.ErrnoException, segment);
      return [];
    }
  }

  /** Throws the error again while the file may become readable; then gives its unreadable part up. */
  private handleReadError(error: NodeJS.ErrnoException, segment: Segment): void {
    if (!(error instanceof NotAFile)) {
      this.unreadableSince ??= performance.now();
      const mayRecover = performance.now() - this.unreadableSince < this.readRetryMs;
      if (mayRecover || RECOVERABLE_CODES.includes(error.code ?? '')) throw error;
      if (error.code !== 'ENOENT' && !segment.skipsUnreadable) {
        segment.skipsUnreadable = true;
        throw error;
      }
    }
    this.unreadableSince = null;
    log().error({ err: error, file: segment.file }, 'a file of the spool is given up');
    this.skip(segment.abandon(this.endOf(segment)), segment.file);
  }

  /** The sequence after a segment's last record. */
  private endOf(segment: Segment): number {
    const next = this.segments[this.segments.indexOf(segment) + 1];
    return segment.endsBefore ?? next?.number ?? this.nextSequence;
  }

  private skip({ records, bytes }: Damage, file: string): void {
    this.skipped.records += records;
    this.skipped.bytes += bytes;
    log().error({ file, records, bytes }, 'a file of the spool is damaged; what is damaged is skipped');
  }

  /** Removes the oldest segment when all its records have been taken. Resolves with whether it was removed. */
  private async removeIfTaken(segment: Segment): Promise<boolean> {
    const isUsed = () => segment.bytesLeft > 0 || (this.segments.length === 1 && this.isFlushing);
    if (isUsed()) return false;
    if (this.segments.length === 1) await this.closeHandle();
    // Something may have been appended while the file was closed.
    if (isUsed()) return false;
    this.segments.shift();
    if (segment.isDamaged) await this.damaged.keep(segment.file);
    else await rm(segment.file, { force: true });
    return true;
  }

  private async flush(): Promise<void> {
    if (this.isFlushing) return;
    this.isFlushing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isFlushing = false;
  }

  private async write(batch: PendingAppend[]): Promise<void> {
    if (this.isLost) throw new Error(`Another process has taken ${this.folder}.`);
    const { segment, handle } = await this.current();
    const bytes = Buffer.concat(
      batch.flatMap(({ stored, isBase64 }, i) => [
        encodeHead({ sequence: this.nextSequence + i, isBase64, isFirstOfFlush: i === 0 }, stored),
        stored,
      ]),
    );
    try {
      if (segment.hasPartialWrite) await handle.truncate(segment.size);
      segment.hasPartialWrite = true;
      await handle.write(bytes, 0, bytes.length, segment.size).then(({ bytesWritten }) => {
        if (bytesWritten < bytes.length)
          throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      });
      await handle.datasync();
      segment.hasPartialWrite = false;
      segment.size += bytes.length;
      this.nextSequence += batch.length;
    } catch (error) {
      // Cuts the partial write off, so that the next record begins where this one did; if not now, before that record.
      await handle.truncate(segment.size).then(
        () => {
          segment.hasPartialWrite = false;
        },
        () => this.closeHandle(),
      );
      throw error;
    }
  }

  /** The segment to append to. A file that was deleted while it was open is not used. */
  private async current(): Promise<{ segment: Segment; handle: FileHandle }> {
    const last = this.segments.at(-1);
    if (last?.acceptsRecords) {
      this.handle ??= await open(last.file, 'r+');
      const { handle } = this;
      if ((await handle.stat()).nlink > 0) return { segment: last, handle };
      last.isClosed = true;
    }
    await this.closeHandle();
    return this.begin();
  }

  private async begin(): Promise<{ segment: Segment; handle: FileHandle }> {
    const file = join(this.folder, `${String(this.nextSequence).padStart(10, '0')}.spool`);
    try {
      const handle = await open(file, 'wx+', 0o600);
      this.handle = handle;
      // The folder's entry must survive as well.
      const folder = await open(this.folder, 'r');
      await folder.sync().finally(() => folder.close());
      const segment = new Segment(this.nextSequence, file, 0);
      this.segments.push(segment);
      return { segment, handle };
    } catch (error) {
      // The name is taken by another file: the next attempt uses a free one.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') this.nextSequence += SEQUENCE_JUMP;
      throw error;
    }
  }

  private async closeHandle(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}
