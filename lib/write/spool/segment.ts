import { type FileHandle, lstat, open } from 'node:fs/promises';
import { isLegacyIntact } from './legacy';
import { Pages } from './pages';
import { HEAD_BYTES, isIntact, originalPayload } from './record';
import { type RecordLocation, type ScanResult, scan } from './scan';

/** A file is closed at this size, and gone when all of it has been taken. */
const SEGMENT_BYTES = 16 * 2 ** 20;
/** Where an unreadable file hides the last sequence, the next one is this far ahead. */
export const SEQUENCE_JUMP = 2_000_000_000;
/** No file misses so many records: a larger gap is a jump. */
const MOST_MISSING = SEQUENCE_JUMP / 2;

/** What cannot be read any more. */
export interface Damage {
  records: number;
  bytes: number;
}

/** The path of a segment leads to a folder or a pipe. */
export class NotAFile extends Error {}

/** One file of a spool: records in the order of their sequence, of which the first is the file's number. */
export class Segment {
  /** Nothing is appended any more. */
  isClosed = false;
  /** Some of it cannot be read: the file is kept after the rest was taken. */
  isDamaged = false;
  /** Unreadable parts are left out instead of tried again. */
  skipsUnreadable = false;
  /** The sequence of the first record of the next file, where a non-file stands in that file's place. */
  endsBefore: number | undefined;
  /** A failed write may have left bytes after `size`. */
  hasPartialWrite = false;
  private places: RecordLocation[] = [];
  private taken = 0;
  private scannedTo = 0;
  private bytesPlaced = 0;
  private nextSequence: number;
  private isLegacy: boolean | undefined;

  constructor(
    readonly number: number,
    readonly file: string,
    /** Bytes of whole records. */
    public size: number,
  ) {
    this.nextSequence = number;
  }

  /** Bytes that have not been taken. */
  get bytesLeft(): number {
    return this.bytesPlaced + this.size - this.scannedTo;
  }

  get acceptsRecords(): boolean {
    return !this.isClosed && !this.isDamaged && this.size < SEGMENT_BYTES;
  }

  /** The whole file, including what has been taken. */
  async scanAll(): Promise<ScanResult> {
    return this.reading((handle) => scan(new Pages(handle, this.size), 0));
  }

  /**
   * Finds the records that were appended since the last call. Returns the damage among them, or null.
   * @param upTo the sequence of the first record of the next file
   */
  async scanNew(upTo: number): Promise<Damage | null> {
    const { size, scannedTo } = this;
    if (size === scannedTo) return null;
    const found = await this.reading((handle) =>
      scan(new Pages(handle, size, this.skipsUnreadable), scannedTo, this.isLegacy),
    );
    this.isLegacy ??= found.isLegacy;
    const places = found.isLegacy ? found.places : this.sortedBySequence(found.places, upTo);
    const bytes = places.reduce((sum, place) => sum + place.size, 0);
    const missing = found.isLegacy ? found.gaps : this.countMissing(found, places, upTo);
    // Many are pushed one by one: as arguments they would not fit the stack.
    for (const place of places) this.places.push(place);
    this.bytesPlaced += bytes;
    this.scannedTo = size;
    const damage = { records: missing, bytes: size - scannedTo - bytes };
    // Records that are missing without damage leave nothing to inspect.
    this.isDamaged ||= damage.bytes > 0;
    return damage.records > 0 || damage.bytes > 0 ? damage : null;
  }

  /** Each record once, and only those of this file: damage may copy parts of another place or file. */
  private sortedBySequence(places: RecordLocation[], upTo: number): RecordLocation[] {
    const known = new Map<number, RecordLocation>();
    for (const place of places)
      if (place.sequence >= this.nextSequence && place.sequence < upTo && !known.has(place.sequence))
        known.set(place.sequence, place);
    return [...known.values()].sort((a, b) => a.sequence - b.sequence);
  }

  private countMissing(found: ScanResult, places: RecordLocation[], upTo: number): number {
    const isKnown = upTo - found.highest < MOST_MISSING;
    const end = isKnown ? upTo : Math.max(found.highest + 1, this.nextSequence);
    const missing = end - this.nextSequence - places.length;
    this.nextSequence = end;
    return missing;
  }

  /**
   * The next payloads, up to so many bytes of them and one at least; none when all that was found has been taken.
   * `damage`: records that were intact when they were found and are not any more; they are left out and reported once.
   */
  async read(maxBytes: number): Promise<{ payloads: Buffer[]; damage: Damage }> {
    const payloads: Buffer[] = [];
    const damage = { records: 0, bytes: 0 };
    if (this.taken === this.places.length) return { payloads, damage };
    await this.reading(async (handle) => {
      for (
        let at = this.taken, bytes = 0;
        at < this.places.length && (at === this.taken || bytes < maxBytes);
      ) {
        const place = this.places[at];
        const payload = await this.payloadAt(handle, place);
        if (payload) {
          payloads.push(payload);
          bytes += place.size;
          at++;
          continue;
        }
        this.places.splice(at, 1);
        this.bytesPlaced -= place.size;
        this.isDamaged = true;
        damage.records++;
        damage.bytes += place.size;
      }
    });
    return { payloads, damage };
  }

  private async payloadAt(handle: FileHandle, place: RecordLocation): Promise<Buffer | null> {
    try {
      return await readPayload(handle, place);
    } catch (error) {
      if (this.skipsUnreadable) return null;
      throw error;
    }
  }

  /** The first `count` records that `read` returned are not needed any more. */
  markTaken(count: number): void {
    for (const { size } of this.places.slice(this.taken, this.taken + count)) this.bytesPlaced -= size;
    this.taken += count;
    if (this.taken < this.places.length) return;
    this.places = [];
    this.taken = 0;
  }

  /** Gives up all that is left. */
  abandon(upTo: number): Damage {
    const unread = upTo - this.nextSequence < MOST_MISSING ? upTo - this.nextSequence : 1;
    const damage = { records: this.places.length - this.taken + Math.max(unread, 0), bytes: this.bytesLeft };
    this.places = [];
    this.taken = 0;
    this.bytesPlaced = 0;
    this.scannedTo = this.size;
    this.nextSequence = Math.max(this.nextSequence, upTo);
    this.isDamaged = true;
    this.isClosed = true;
    return damage;
  }

  private async reading<T>(work: (handle: FileHandle) => Promise<T>): Promise<T> {
    // Opening a pipe would wait for a writer.
    if (!(await lstat(this.file)).isFile()) throw new NotAFile(`${this.file} is not a file.`);
    const handle = await open(this.file, 'r');
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }
}

async function readPayload(handle: FileHandle, place: RecordLocation): Promise<Buffer | null> {
  const bytes = Buffer.alloc(place.size);
  const { bytesRead } = await handle.read(bytes, 0, place.size, place.offset);
  const head = bytes.subarray(0, place.headBytes);
  const stored = bytes.subarray(place.headBytes);
  const verify = place.headBytes === HEAD_BYTES ? isIntact : isLegacyIntact;
  if (bytesRead < place.size || !(await verify(head, [stored]))) return null;
  return originalPayload(stored, place);
}
