/**
 * Chance without state: the same numbers always give the same answer, so a fleet can be asked about any moment in any
 * order. Uniform in [0, 1).
 */
export function chance(...keys: number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    // Both halves of the number: a timestamp in ms does not fit 32 bits.
    hash = mix(hash ^ (key | 0));
    hash = mix(hash ^ Math.floor(key / 2 ** 32));
  }
  return (hash >>> 0) / 2 ** 32;
}

/** The finalizer of MurmurHash3: every input bit changes about half of the output. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Smooth noise in [-1, 1): a chance every `periodMs`, eased in between. */
export function smoothNoise(t: number, periodMs: number, ...keys: number[]): number {
  const knot = Math.floor(t / periodMs);
  const share = t / periodMs - knot;
  const eased = share * share * (3 - 2 * share);
  const from = chance(knot, ...keys);
  const to = chance(knot + 1, ...keys);
  return (from + (to - from) * eased) * 2 - 1;
}

/** A moment in each slot of time at which something may happen, and for how long. */
export interface Happening {
  start: number;
  end: number;
  /** Identifies this happening, for further chances. */
  id: number;
}

/** What happens at `t`, when in every `slotMs` it happens with `probability` and takes `shortestMs` to `longestMs`. */
export function happeningAt(
  t: number,
  { slotMs, probability, shortestMs, longestMs }: HappeningKind,
  ...keys: number[]
): Happening | null {
  const slot = Math.floor(t / slotMs);
  // One that began in the slot before may still go on.
  for (const id of [slot, slot - 1]) {
    if (chance(id, 1, ...keys) >= probability) continue;
    const start = Math.floor((id + chance(id, 2, ...keys)) * slotMs);
    const end = start + Math.floor(shortestMs + chance(id, 3, ...keys) * (longestMs - shortestMs));
    if (t >= start && t < end) return { start, end, id };
  }
  return null;
}

export interface HappeningKind {
  slotMs: number;
  probability: number;
  shortestMs: number;
  longestMs: number;
}
