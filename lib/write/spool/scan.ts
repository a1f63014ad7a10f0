import { isLegacyIntact, LEGACY_HEAD_BYTES, legacyLength, mayBeLegacy } from './legacy';
import type { Pages } from './pages';
import { decodeHead, HEAD_BYTES, isIntact, MARKER } from './record';

/** Where an intact record lies. */
export interface RecordLocation {
  offset: number;
  /** Bytes with its head. */
  size: number;
  headBytes: number;
  isBase64: boolean;
  /** As its head says; records of the version before are counted from 0. */
  sequence: number;
}

export interface ScanResult {
  /** In the order they have in the file. */
  places: RecordLocation[];
  isLegacy: boolean;
  /** Stretches between intact records, and behind the last, that hold none. */
  gaps: number;
  /** Behind the last intact record. */
  intactEnd: number;
  /** The highest sequence of any intact head; -1 without one. */
  highest: number;
  /** Where the last known flush began: all records before it had been confirmed. */
  lastFlushAt: number;
}

/** Finds the records of a file. */
export interface Framing {
  /** The intact record that begins at `offset`, or null. */
  at(offset: number): Promise<RecordLocation | null>;
  /** The first intact record that begins at `offset` or behind it, or null. */
  search(offset: number): Promise<RecordLocation | null>;
}

/**
 * Finds every intact record from `from` on. After a damaged record it searches the next intact one, so that damage
 * costs only the records it touches.
 * @param isLegacy whether the version before wrote this file; found out where it is not known
 */
export async function scan(pages: Pages, from: number, isLegacy?: boolean): Promise<ScanResult> {
  if (isLegacy !== undefined) return scanAs(pages, from, isLegacy);
  const found = await scanAs(pages, from, false);
  if (found.places.length > 0 || found.highest >= 0) return found;
  const legacy = await scanAs(pages, from, true);
  return legacy.places.length > 0 ? legacy : found;
}

async function scanAs(pages: Pages, from: number, isLegacy: boolean): Promise<ScanResult> {
  const found: ScanResult = {
    places: [],
    isLegacy,
    gaps: 0,
    intactEnd: from,
    highest: -1,
    lastFlushAt: from,
  };
  const framing = isLegacy ? legacyFraming(pages) : currentFraming(pages, found);
  let offset = from;
  while (offset < pages.end) {
    let place = await framing.at(offset);
    if (!place) {
      found.gaps++;
      place = await framing.search(offset + 1);
      if (!place) break;
    }
    if (isLegacy) place.sequence = found.places.length;
    found.places.push(place);
    offset = place.offset + place.size;
    found.intactEnd = offset;
  }
  return found;
}

/** Also records in `found` what the heads of damaged records say. */
export function currentFraming(pages: Pages, found: Pick<ScanResult, 'highest' | 'lastFlushAt'>): Framing {
  async function at(offset: number): Promise<RecordLocation | null> {
    // Copied: reading the payload moves the window.
    const bytes = Buffer.from(await pages.read(offset, HEAD_BYTES));
    const head = decodeHead(bytes);
    if (!head) return null;
    found.highest = Math.max(found.highest, head.sequence);
    if (head.isFirstOfFlush) found.lastFlushAt = Math.max(found.lastFlushAt, offset);
    const { length, isBase64, sequence } = head;
    if (offset + HEAD_BYTES + length > pages.end) return null;
    if (!(await isIntact(bytes, pages.parts(offset + HEAD_BYTES, length)))) return null;
    return { offset, size: HEAD_BYTES + length, headBytes: HEAD_BYTES, isBase64, sequence };
  }
  async function search(from: number): Promise<RecordLocation | null> {
    for (let offset = from; offset < pages.end; ) {
      const window = await pages.read(offset);
      if (window.length < HEAD_BYTES) return null;
      for (let i = window.indexOf(MARKER); i !== -1; i = window.indexOf(MARKER, i + 1)) {
        // One that lies across the end of the window is looked at by the next.
        if (i + HEAD_BYTES > window.length) break;
        const place = decodeHead(window.subarray(i, i + HEAD_BYTES)) && (await at(offset + i));
        if (place) return place;
      }
      offset += window.length - HEAD_BYTES + 1;
    }
    return null;
  }
  return { at, search };
}

function legacyFraming(pages: Pages): Framing {
  async function at(offset: number): Promise<RecordLocation | null> {
    const head = Buffer.from(await pages.read(offset, LEGACY_HEAD_BYTES));
    const length = legacyLength(head);
    const headBytes = LEGACY_HEAD_BYTES;
    if (length === null || offset + headBytes + length > pages.end) return null;
    if (!(await isLegacyIntact(head, pages.parts(offset + headBytes, length)))) return null;
    return { offset, size: headBytes + length, headBytes, isBase64: false, sequence: 0 };
  }
  async function search(from: number): Promise<RecordLocation | null> {
    for (let offset = from; offset < pages.end; ) {
      const window = Buffer.from(await pages.read(offset));
      const heads = window.length - LEGACY_HEAD_BYTES;
      if (heads < 1) return null;
      for (let i = 0; i < heads; i++) {
        const payload = offset + i + LEGACY_HEAD_BYTES;
        const length = window.readUInt32LE(i);
        if (length === 0 || payload + length > pages.end) continue;
        const last = length <= heads - i ? window[i + LEGACY_HEAD_BYTES + length - 1] : 0x5d;
        if (!mayBeLegacy(length, window[i + LEGACY_HEAD_BYTES], last)) continue;
        const place = await at(offset + i);
        if (place) return place;
      }
      offset += heads;
    }
    return null;
  }
  return { at, search };
}
