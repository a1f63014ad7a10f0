import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lock, LockHeld, takeLock } from '../../runtime/process/lock.mjs';
import { Pages } from '../spool/pages';
import { HEAD_BYTES, originalPayload } from '../spool/record';
import { currentFraming, type Framing, type RecordLocation } from '../spool/scan';
import { decodeRows, type QueuedRows } from './rows';

const NAME = /^(\d{16})\.queue$/;

/** One file of the queue: records of the spool's form, whose sequence is the index of their first sample. */
export interface QueueFile {
  /** Index of its first sample. */
  readonly first: number;
  readonly path: string;
  /** Bytes of whole records that are on the disk. */
  size: number;
}

export function queueFileAt(folder: string, first: number): QueueFile {
  return { first, path: join(folder, `${String(first).padStart(16, '0')}.queue`), size: 0 };
}

/** Takes the folder for this process. @throws Error with one sentence when that cannot be */
export async function claimFolder(folder: string, onLost: () => void): Promise<Lock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await takeLock(join(folder, 'lock'), { onLost });
  } catch (cause) {
    const why =
      cause instanceof LockHeld
        ? `is in use by process ${cause.holder.pid}: give every server a DATA_DIR of its own`
        : `cannot be used (${(cause as NodeJS.ErrnoException).code}): set DATA_DIR to a folder this user may write to`;
    throw new Error(`What is forwarded waits in ${folder}, which ${why}.`, { cause });
  }
}

/** The files that the last process left, oldest first. */
export async function findQueueFiles(folder: string): Promise<QueueFile[]> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { first: Number(NAME.exec(name)?.[1]), path, size: (await stat(path)).size };
    }),
  );
}

/** A record that was read. */
export interface QueueRecord {
  /** Index of its first sample. */
  first: number;
  /** Where the next record begins. */
  endOffset: number;
  /** Null when another version of this program wrote it. */
  rows: QueuedRows | null;
}

/**
 * The intact records of a file from an offset on. Damage costs the records it touches, a sector that cannot be read no
 * more than those in it.
 * @throws Error `ENOENT` when the file is gone
 */
export async function* readRecords({ path, size }: QueueFile, from: number): AsyncGenerator<QueueRecord> {
  const handle = await open(path, 'r');
  try {
    const pages = new Pages(handle, size, true);
    const framing = currentFraming(pages, { highest: -1, lastFlushAt: 0 });
    for (let place = await nextPlace(framing, from, size); place; ) {
      const endOffset = place.offset + place.size;
      yield { first: place.sequence, endOffset, rows: decodeRows(await payloadAt(pages, place)) };
      place = await nextPlace(framing, endOffset, size);
    }
  } finally {
    await handle.close();
  }
}

async function nextPlace(framing: Framing, offset: number, size: number): Promise<RecordLocation | null> {
  if (offset >= size) return null;
  return (await framing.at(offset)) ?? framing.search(offset + 1);
}

async function payloadAt(pages: Pages, place: RecordLocation): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of pages.parts(place.offset + HEAD_BYTES, place.size - HEAD_BYTES)) parts.push(part);
  return originalPayload(Buffer.concat(parts), place);
}
