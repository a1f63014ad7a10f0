import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MINUTE } from '../../model/time/duration';
import { log } from '../../observe/log';
import { type Lock, LockHeld, takeLock } from '../../runtime/process/lock.mjs';
import { Aside, type AsideFigures } from './aside';
import { findSegments } from './find-segments';
import { encodeHead, HEAD_BYTES, storedPayload } from './record';
import { type Damage, NotAFile, SEQUENCE_JUMP, Segment } from './segment';

const ASIDE_BYTES = 64 * 2 ** 20;
/** How long a file that cannot be read is waited for, before what the disk does not give is left out. */
const PATIENCE_MS = MINUTE;
/** Somebody has to mend these, and then nothing is lost: they are waited for as long as it takes. */
const MENDABLE = ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM'];

interface Waiting {
  stored: Buffer;
  isBase64: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export interface SegmentsOptions {
  /** Damaged files are kept up to so many bytes. */
  asideBytes?: number;
  patienceMs?: number;
}

/**
 * Records appended to files of a folder, each on the disk before its `append` resolves, taken back in order. Whoever
 * appends while the disk is busy shares the next flush. What was half-written when the process or the machine died is
 * cut off at the next start: nobody was told that it was kept. What is damaged elsewhere is left out and counted, and
 * its file is kept aside.
 */
export class Segments {
  /** What could not be taken, since the start. */
  readonly skipped: Damage = { records: 0, bytes: 0 };
  private segments: Segment[] = [];
  private handle: FileHandle | undefined;
  private waiting: Waiting[] = [];
  private isFlushing = false;
  private nextSequence = 1;
  private unreadableSince: number | null = null;
  /** Somebody else has the folder now. */
  private isLost = false;
  private lock!: Lock;

  private constructor(
    private readonly folder: string,
    private readonly patienceMs: number,
    private readonly aside: Aside,
  ) {}

  /** @throws Error with one sentence when another process has this folder, or nothing can be written there. */
  static async open(
    folder: string,
    { asideBytes = ASIDE_BYTES, patienceMs = PATIENCE_MS }: SegmentsOptions = {},
  ): Promise<Segments> {
    const opened = new Segments(folder, patienceMs, new Aside(folder, asideBytes));
    await opened.claim();
    const { segments, nextSequence, strangers } = await findSegments(folder);
    opened.segments = segments;
    opened.nextSequence = nextSequence;
    for (const { file, records } of strangers) {
      opened.skip({ records, bytes: 0 }, file);
      await opened.aside.keep(file);
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
      if (cause instanceof LockHeld)
        throw new Error(
          `SPOOL_DIR ${folder} is in use by process ${cause.holder.pid}: give every server a folder of its own.`,
        );
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

  /** Damaged files that are kept aside. */
  get asideFigures(): AsideFigures {
    return this.aside.figures;
  }

  /** Resolves when the payload will survive the end of everything. Rejects when the disk does not take it. */
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
      if (!(await this.finish(oldest))) return { payloads, end: 0 };
    }
  }

  /** Forgets what `peek` gave. A crash before its whole segment is forgotten brings it back: taking twice must be harmless. */
  async drop(end: number): Promise<void> {
    const [oldest] = this.segments;
    if (!oldest || this.isLost) return;
    oldest.take(end);
    await this.finish(oldest);
  }

  /** The file of what `peek` gave holds something nobody can use: it is kept when the rest has been taken. */
  keepFile(damage: Damage): void {
    const [oldest] = this.segments;
    if (!oldest) return;
    oldest.isDamaged = true;
    this.skip(damage, oldest.file);
  }

  async close(): Promise<void> {
    while (this.isFlushing) await new Promise((resolve) => setImmediate(resolve));
    await this.closeHandle();
    await this.aside.moveAll();
    this.lock.release();
  }

  private async readFrom(segment: Segment, maxBytes: number): Promise<Buffer[]> {
    try {
      const found = await segment.look(this.endOf(segment));
      if (found) this.skip(found, segment.file);
      const { payloads, damage } = await segment.read(maxBytes);
      if (damage.records > 0) this.skip(damage, segment.file);
      this.unreadableSince = null;
      return payloads;
    } catch (error) {
      this.bear(error as NodeJS.ErrnoException, segment);
      return [];
    }
  }

  /** What to do about a file that cannot be read: throws the error again while there is hope. */
  private bear(error: NodeJS.ErrnoException, segment: Segment): void {
    if (!(error instanceof NotAFile)) {
      this.unreadableSince ??= performance.now();
      const isHopeful = performance.now() - this.unreadableSince < this.patienceMs;
      if (isHopeful || MENDABLE.includes(error.code ?? '')) throw error;
      if (error.code !== 'ENOENT' && !segment.skipsUnreadable) {
        segment.skipsUnreadable = true;
        throw error;
      }
    }
    this.unreadableSince = null;
    log().error({ err: error, file: segment.file }, 'a file of the spool is given up');
    this.skip(segment.giveUp(this.endOf(segment)), segment.file);
  }

  /** The sequence behind a segment's last record. */
  private endOf(segment: Segment): number {
    const next = this.segments[this.segments.indexOf(segment) + 1];
    return segment.endsBefore ?? next?.number ?? this.nextSequence;
  }

  private skip({ records, bytes }: Damage, file: string): void {
    this.skipped.records += records;
    this.skipped.bytes += bytes;
    log().error({ file, records, bytes }, 'a file of the spool is damaged; what is damaged is skipped');
  }

  /** Lets go of the oldest segment when all of it has been taken. Resolves with whether it is gone. */
  private async finish(segment: Segment): Promise<boolean> {
    const isUsed = () => segment.bytesLeft > 0 || (this.segments.length === 1 && this.isFlushing);
    if (isUsed()) return false;
    if (this.segments.length === 1) await this.closeHandle();
    // Something may have been appended while the file was closed.
    if (isUsed()) return false;
    this.segments.shift();
    if (segment.isDamaged) await this.aside.keep(segment.file);
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

  private async write(batch: Waiting[]): Promise<void> {
    if (this.isLost) throw new Error(`Another process has taken ${this.folder}.`);
    const { segment, handle } = await this.current();
    const bytes = Buffer.concat(
      batch.flatMap(({ stored, isBase64 }, i) => [
        encodeHead({ sequence: this.nextSequence + i, isBase64, isFirstOfFlush: i === 0 }, stored),
        stored,
      ]),
    );
    try {
      if (segment.isRagged) await handle.truncate(segment.size);
      segment.isRagged = true;
      await handle.write(bytes, 0, bytes.length, segment.size).then(({ bytesWritten }) => {
        if (bytesWritten < bytes.length)
          throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      });
      await handle.datasync();
      segment.isRagged = false;
      segment.size += bytes.length;
      this.nextSequence += batch.length;
    } catch (error) {
      // What was half-written is cut off, so that the next record begins where this one did; now, or before that.
      await handle.truncate(segment.size).then(
        () => {
          segment.isRagged = false;
        },
        () => this.closeHandle(),
      );
      throw error;
    }
  }

  /** Where to append. A file that somebody took away under us is none. */
  private async current(): Promise<{ segment: Segment; handle: FileHandle }> {
    const last = this.segments.at(-1);
    if (last?.takesMore) {
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
      // Whatever it is, it is not ours: the next attempt takes a name that is free.
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
