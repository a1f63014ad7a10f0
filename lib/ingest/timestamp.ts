/** What a whole number means as a timestamp: its length in ms. */
export const PRECISIONS = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 } as const;
export type Precision = keyof typeof PRECISIONS;

/**
 * A whole number in the given precision as epoch ms, rounded down.
 * Nanoseconds of today need 61 bits and a JSON number keeps 53: it is off by up to 128 ns, so that a timestamp on
 * the millisecond may arrive just below it. Half a microsecond is forgiven.
 */
export function toEpochMs(timestamp: number, precision: Precision): number {
  if (precision === 'ms') return timestamp;
  if (precision === 's') return timestamp * 1_000;
  return precision === 'us' ? Math.floor(timestamp / 1e3) : Math.floor(timestamp / 1e6 + 0.0005);
}
