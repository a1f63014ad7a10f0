import { lstatSync, readdirSync } from 'node:fs';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { log } from '../../observe/log';
import { SEQUENCE_JUMP, Segment } from './segment';

const NAME = /^(\d{10,15})\.spool$/;

export interface Found {
  segments: Segment[];
  /** For the next record. */
  nextSequence: number;
  /** Folders and pipes with the name of a segment, and how many records should have been there. */
  nonFiles: Array<{ file: string; records: number }>;
}

/** The segments of a folder, oldest first, as the last process left them. */
export async function findSegments(folder: string): Promise<Found> {
  const all = readdirSync(folder)
    .flatMap((name) => {
      const number = Number(NAME.exec(name)?.[1]);
      const file = join(folder, name);
      return number ? [{ number, file, stat: lstatSync(file) }] : [];
    })
    .sort((a, b) => a.number - b.number);
  const nonFiles = all.flatMap(({ file, number, stat }, i) =>
    stat.isFile() ? [] : [{ file, records: (all[i + 1]?.number ?? number + 1) - number }],
  );
  const segments: Segment[] = [];
  let nextSequence = 1;
  for (const [i, { file, number, stat }] of all.entries()) {
    // An empty file was made for the next segment.
    nextSequence = stat.isFile() && stat.size === 0 ? number : number + 1;
    if (!stat.isFile()) continue;
    const segment = new Segment(number, file, stat.size);
    segment.endsBefore = all[i + 1]?.stat.isFile() === false ? all[i + 1].number : undefined;
    segment.isClosed = i < all.length - 1;
    if (!segment.isClosed && stat.size > 0) nextSequence = await recover(segment);
    if (segment.size > 0) segments.push(segment);
    else await rm(file);
  }
  return { segments, nextSequence, nonFiles };
}

/**
 * Makes the last segment ready for appends: cuts off a write that the end of the process interrupted.
 * @returns the sequence of the next record
 */
async function recover(last: Segment): Promise<number> {
  try {
    const { isLegacy, places, intactEnd, lastFlushAt, highest, gaps } = await last.scanAll();
    const isTail = intactEnd < last.size;
    const isTorn = isTail && lastFlushAt <= intactEnd && gaps === 1;
    if (isTorn) await cutOff(last, intactEnd);
    last.isClosed = isLegacy || (gaps > 0 && !isTorn);
    if (isLegacy) return last.number + 1;
    if (isTorn) return places.reduce((next, { sequence }) => Math.max(next, sequence + 1), last.number);
    return Math.max(highest, last.number) + 1;
  } catch (error) {
    log().error({ err: error, file: last.file }, 'a file of the spool cannot be read');
    last.isClosed = true;
    return last.number + SEQUENCE_JUMP;
  }
}

async function cutOff(last: Segment, size: number): Promise<void> {
  log().warn(
    { file: last.file, bytes: last.size - size },
    'an unfinished write at the end of the spool is cut off',
  );
  await truncate(last.file, size);
  last.size = size;
}
