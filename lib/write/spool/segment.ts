import { type FileHandle, lstat, open } from 'node:fs/promises';
import { isLegacyIntact } from './legacy';
import { Pages } from './pages';
import { HEAD_BYTES, isIntact, originalPayload } from './record';
import { type Place, type Survey, survey } from './survey';

/** A file is closed at this size, and gone when all of it has been taken. */
const SEGMENT_BYTES = 16 * 2 ** 20;
/** So far ahead goes the count of records where it is not known how far it had come, because a file cannot be read. */
export const SEQUENCE_JUMP = 2_000_000_000;
/** No file lacks so many records: behind it the count has jumped. */
const MOST_MISSING = SEQUENCE_JUMP / 2;

/** What cannot be taken any more. */
export interface Damage {
  records: number;
  bytes: number;
}

/** What stands in a file's place is no file: a folder, a pipe. */
export class NotAFile extends Error {}

/** One file of a spool: records in the order of their sequence, of which the first is the file's number. */
export class Segment {
  /** Nothing is appended any more. */
  isClosed = false;
  /** Some of it cannot be taken: it is kept when the rest is. */
  isDamaged = false;
  /** What the disk does not give is left out, rather than waited for. */
  skipsUnreadable = false;
  /** The sequence of the first record that belongs to the next file, where that file is none. */
  endsBefore: number | undefined;
  /** Behind `size` something was left by a write that failed. */
  isRagged = false;
  private places: Place[] = [];
  private taken = 0;
  private surveyedTo = 0;
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
    return this.bytesPlaced + this.size - this.surveyedTo;
  }

  get takesMore(): boolean {
    return !this.isClosed && !this.isDamaged && this.size < SEGMENT_BYTES;
  }

  /** All of the file as it is, whatever has been taken. */
  async surveyAll(): Promise<Survey> {
    return this.reading((handle) => survey(new Pages(handle, this.size), 0));
  }

  /**
   * Finds the records that have come since the last look. Returns what is damaged among them, or null.
   * @param upTo the sequence of the first record of the next file
   */
  async look(upTo: number): Promise<Damage | null> {
    const { size, surveyedTo } = this;
    if (size === surveyedTo) return null;
    const found = await this.reading((handle) =>
      survey(new Pages(handle, size, this.skipsUnreadable), surveyedTo, this.isLegacy),
    );
    this.isLegacy ??= found.isLegacy;
    const places = found.isLegacy ? found.places : this.inOrder(found.places, upTo);
    const bytes = places.reduce((sum, place) => sum + place.size, 0);
    const missing = found.isLegacy ? found.gaps : this.countMissing(found, places, upTo);
    // Many are pushed one by one: as arguments they would not fit the stack.
    for (const place of places) this.places.push(place);
    this.bytesPlaced += bytes;
    this.surveyedTo = size;
    const damage = { records: missing, bytes: size - surveyedTo - bytes };
    // Of records that are simply not there, there is nothing to be looked at.
    this.isDamaged ||= damage.bytes > 0;
    return damage.records > 0 || damage.bytes > 0 ? damage : null;
  }

  /** Each record once, and those alone that belong here: damage may also be a piece of another place, or of another file. */
  private inOrder(places: Place[], upTo: number): Place[] {
    const known = new Map<number, Place>();
    for (const place of places)
      if (place.sequence >= this.nextSequence && place.sequence < upTo && !known.has(place.sequence))
        known.set(place.sequence, place);
    return [...known.values()].sort((a, b) => a.sequence - b.sequence);
  }

  private countMissing(found: Survey, places: Place[], upTo: number): number {
    const isKnown = upTo - found.highest < MOST_MISSING;
    const end = isKnown ? upTo : Math.max(found.highest + 1, this.nextSequence);
    const missing = end - this.nextSequence - places.length;
    this.nextSequence = end;
    return missing;
  }

  /**
   * The next payloads, up to so many bytes of them and one at least; none when all that was found has been taken.
   * `damage` is what was intact when it was found and is not any more: left out, and told once.
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

  private async payloadAt(handle: FileHandle, place: Place): Promise<Buffer | null> {
    try {
      return await readPayload(handle, place);
    } catch (error) {
      if (this.skipsUnreadable) return null;
      throw error;
    }
  }

  /** So many records, of those that `read` gave, are not needed any more. */
  take(count: number): void {
    for (const { size } of this.places.slice(this.taken, this.taken + count)) this.bytesPlaced -= size;
    this.taken += count;
    if (this.taken < this.places.length) return;
    this.places = [];
    this.taken = 0;
  }

  /** Nothing more of it can be taken. */
  giveUp(upTo: number): Damage {
    const unread = upTo - this.nextSequence < MOST_MISSING ? upTo - this.nextSequence : 1;
    const damage = { records: this.places.length - this.taken + Math.max(unread, 0), bytes: this.bytesLeft };
    this.places = [];
    this.taken = 0;
    this.bytesPlaced = 0;
    this.surveyedTo = this.size;
    this.nextSequence = Math.max(this.nextSequence, upTo);
    this.isDamaged = true;
    this.isClosed = true;
    return damage;
  }

  private async reading<T>(work: (handle: FileHandle) => Promise<T>): Promise<T> {
    // Opening a pipe would wait for somebody to write to it.
    if (!(await lstat(this.file)).isFile()) throw new NotAFile(`${this.file} is not a file.`);
    const handle = await open(this.file, 'r');
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }
}

async function readPayload(handle: FileHandle, place: Place): Promise<Buffer | null> {
  const bytes = Buffer.alloc(place.size);
  const { bytesRead } = await handle.read(bytes, 0, place.size, place.offset);
  const head = bytes.subarray(0, place.headBytes);
  const stored = bytes.subarray(place.headBytes);
  const verify = place.headBytes === HEAD_BYTES ? isIntact : isLegacyIntact;
  if (bytesRead < place.size || !(await verify(head, [stored]))) return null;
  return originalPayload(stored, place);
}
