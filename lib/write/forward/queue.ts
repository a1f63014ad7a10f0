import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { Lock } from '../../runtime/process/lock.mjs';
import { encodeHead, HEAD_BYTES, storedPayload } from '../spool/record';
import { claimFolder, findQueueFiles, type QueueFile, queueFileAt, readRecords } from './queue-files';

const MOST_FILE_BYTES = 8 * 2 ** 20;
const LEAST_FILE_BYTES = 64 * 2 ** 10;
/** A queue is dropped from in parts of this share of it. */
const FILES = 8;
/** What may wait for a disk that does not take it. */
const MOST_WAITING_BYTES = 64 * 2 ** 20;
/** Positions that are remembered to be left out; beyond them what was there already is sent again. */
const MOST_OMITTED = 1_000_000;
const LOG_EVERY_MS = MINUTE;
const CLOSE_WITHIN_MS = 2 * SECOND;
const LOOK_AGAIN_MS = 5;

interface PendingAppend {
  stored: Buffer;
  isBase64: boolean;
  count: number;
  resolve(first: number): void;
  reject(error: unknown): void;
}

export interface QueueOptions {
  folder: string;
  maxBytes: number;
  onAppend(): void;
}

/**
 * Samples on this machine's disk, in the order in which their commits began. Each has an index, counted from the first
 * that was ever queued here; who reads remembers the index of the next. A record is flushed before its `append`
 * resolves, and read when it was released. When all would be more than `maxBytes` the oldest file goes.
 */
export class ForwardQueue {
  private files: QueueFile[] = [];
  private handle: FileHandle | undefined;
  private waiting: PendingAppend[] = [];
  private waitingBytes = 0;
  private isFlushing = false;
  /** A failed write may have left bytes behind the last record. */
  private hasPartialWrite = false;
  private isLost = false;
  private lock!: Lock;
  /** First indexes of records that are not to be read yet, ascending. */
  private readonly held = new Set<number>();
  private readonly omitted = new Map<number, readonly number[]>();
  private omittedCount = 0;
  private endIndex = 0;
  private droppedToLog = 0;
  private loggedAt = Number.NEGATIVE_INFINITY;

  private constructor(private readonly options: QueueOptions) {}

  /** @throws Error with one sentence when another server has this folder, or it cannot be used */
  static async open(options: QueueOptions): Promise<ForwardQueue> {
    const queue = new ForwardQueue(options);
    queue.lock = await claimFolder(options.folder, () => {
      queue.isLost = true;
      log().fatal({ folder: options.folder }, 'another process has taken the queue of what is forwarded');
    });
    const files = await findQueueFiles(options.folder);
    const last = files.at(-1);
    if (last) {
      queue.endIndex = last.first;
      // What was half-written when the last process ended lies behind its last whole record, and is no sample.
      for await (const { first, rows } of readRecords(last, 0))
        queue.endIndex = Math.max(queue.endIndex, first + (rows?.seriesIds.length ?? 1));
    }
    queue.files = files;
    return queue;
  }

  /** No sample from here on gets a lower index. */
  skipTo(index: number): void {
    this.endIndex = Math.max(this.endIndex, index);
  }

  /** Index of the oldest sample there is. */
  get start(): number {
    return this.files[0]?.first ?? this.endIndex;
  }

  /** Index behind the newest sample. */
  get end(): number {
    return this.endIndex;
  }

  /** Index behind the newest sample that may be read. */
  get readable(): number {
    const [oldest] = this.held;
    return oldest ?? this.endIndex;
  }

  get bytes(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes from an index on: exact when `offset` is where it lies in its file. */
  bytesFrom(index: number, offset: number): number {
    return this.files.reduce((sum, file) => {
      if (this.endOf(file) <= index) return sum;
      return sum + file.size - (file.first <= index ? offset : 0);
    }, 0);
  }

  /** The file that has a sample. */
  fileOf(index: number): QueueFile | null {
    return this.files.findLast(({ first }) => first <= index) ?? null;
  }

  /** Index behind a file's last sample. */
  endOf(file: QueueFile): number {
    return this.files[this.files.indexOf(file) + 1]?.first ?? this.endIndex;
  }

  /** Positions of a record that are not to be sent. */
  omittedOf(first: number): readonly number[] | undefined {
    return this.omitted.get(first);
  }

  /**
   * @param count of the samples in it
   * @returns the index of the first; resolves when it is on the disk. Nobody reads it before `release`.
   */
  append(payload: Buffer, count: number): Promise<number> {
    if (this.waitingBytes + payload.length > MOST_WAITING_BYTES)
      return Promise.reject(new Error('the disk does not take what is to be forwarded'));
    return new Promise((resolve, reject) => {
      const { stored, isBase64 } = storedPayload(payload);
      this.waiting.push({ stored, isBase64, count, resolve, reject });
      this.waitingBytes += stored.length;
      void this.flush();
    });
  }

  /** @param omitted positions in it that are not to be sent */
  release(first: number, omitted: readonly number[]): void {
    this.held.delete(first);
    if (omitted.length > 0 && this.omittedCount + omitted.length <= MOST_OMITTED) {
      this.omitted.set(first, omitted);
      this.omittedCount += omitted.length;
    }
    this.options.onAppend();
  }

  /** Everybody has sent what comes before this index: files that have nothing else go. */
  async removeBefore(index: number): Promise<void> {
    this.forgetOmitted(index);
    while (this.files.length > 1 && this.files[1].first <= index) await this.removeOldest();
  }

  async close(): Promise<void> {
    // A disk that hangs is not waited for.
    const deadline = performance.now() + CLOSE_WITHIN_MS;
    while (this.isFlushing && performance.now() < deadline) await sleep(LOOK_AGAIN_MS);
    if (!this.isFlushing) await this.closeHandle();
    this.lock.release();
  }

  private forgetOmitted(before: number): void {
    for (const [first, positions] of this.omitted) {
      if (first >= before) continue;
      this.omitted.delete(first);
      this.omittedCount -= positions.length;
    }
  }

  private async removeOldest(): Promise<void> {
    const [oldest] = this.files;
    this.files.shift();
    await rm(oldest.path, { force: true });
  }

  private async flush(): Promise<void> {
    if (this.isFlushing) return;
    this.isFlushing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const { stored } of batch) this.waitingBytes -= stored.length;
    }
    this.isFlushing = false;
  }

  private async write(batch: PendingAppend[]): Promise<void> {
    if (this.isLost) throw new Error(`Another process has taken ${this.options.folder}.`);
    const bytes = this.encode(batch);
    const { file, handle } = await this.current();
    await this.makeRoom(bytes.length);
    try {
      if (this.hasPartialWrite) await handle.truncate(file.size);
      this.hasPartialWrite = true;
      const { bytesWritten } = await handle.write(bytes, 0, bytes.length, file.size);
      if (bytesWritten < bytes.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      await handle.datasync();
      this.hasPartialWrite = false;
    } catch (error) {
      // Cut off before the next record, where it cannot be now.
      await handle.truncate(file.size).then(
        () => {
          this.hasPartialWrite = false;
        },
        () => this.closeHandle(),
      );
      throw error;
    }
    file.size += bytes.length;
    for (const { count, resolve } of batch) {
      this.held.add(this.endIndex);
      resolve(this.endIndex);
      this.endIndex += count;
    }
  }

  private encode(batch: PendingAppend[]): Buffer {
    let sequence = this.endIndex;
    const parts = batch.flatMap(({ stored, isBase64, count }, i) => {
      const head = encodeHead({ sequence, isBase64, isFirstOfFlush: i === 0 }, stored);
      sequence += count;
      return [head, stored];
    });
    return Buffer.concat(parts);
  }

  /** The file to append to. One that was deleted while it was open is not used. */
  private async current(): Promise<{ file: QueueFile; handle: FileHandle }> {
    const { handle } = this;
    const last = this.files.at(-1);
    if (handle && last && last.size < this.fileBytes) {
      if ((await handle.stat()).nlink > 0) return { file: last, handle };
    }
    return this.begin();
  }

  /** Every process begins a file of its own. */
  private async begin(): Promise<{ file: QueueFile; handle: FileHandle }> {
    await this.closeHandle();
    const { folder } = this.options;
    const file = queueFileAt(folder, this.endIndex);
    const handle = await open(file.path, 'w', 0o600);
    // The folder's entry must survive as well.
    const entries = await open(folder, 'r');
    await entries.sync().finally(() => entries.close());
    // One of the same name holds no sample.
    this.files = [...this.files.filter(({ first }) => first < file.first), file];
    this.handle = handle;
    this.hasPartialWrite = false;
    return { file, handle };
  }

  private get fileBytes(): number {
    return Math.min(MOST_FILE_BYTES, Math.max(LEAST_FILE_BYTES, this.options.maxBytes / FILES));
  }

  private async makeRoom(bytes: number): Promise<void> {
    while (this.files.length > 1 && this.bytes + bytes + HEAD_BYTES > this.options.maxBytes) {
      this.droppedToLog += this.endOf(this.files[0]) - this.start;
      await this.removeOldest();
    }
    if (this.droppedToLog === 0 || performance.now() - this.loggedAt < LOG_EVERY_MS) return;
    log().warn(
      { samples: this.droppedToLog, maxBytes: this.options.maxBytes },
      'the queue of what is forwarded is full: the oldest of it is dropped',
    );
    this.loggedAt = performance.now();
    this.droppedToLog = 0;
  }

  private async closeHandle(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}
