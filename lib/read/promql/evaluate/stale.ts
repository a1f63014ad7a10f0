import { type InPieces, inPieces } from './pieces';
import type { SampleSeries } from './series';

const STALE_BITS = 0x7ff0_0000_0000_0002n;

/** Tests positions of a column for the marker that ends a series: a NaN like no other. */
export function staleTest(values: Float64Array): (i: number) => boolean {
  let bits: BigUint64Array | null = null;
  return (i) => {
    if (!Number.isNaN(values[i])) return false;
    bits ??= new BigUint64Array(values.buffer, values.byteOffset, values.length);
    return bits[i] === STALE_BITS;
  };
}

/** Writes the marker that ends a series. */
export function writeStale(values: Float64Array, i: number): void {
  new BigUint64Array(values.buffer, values.byteOffset, values.length)[i] = STALE_BITS;
}

/** Samples without the markers that end a series. */
export function* withoutStale(samples: SampleSeries): InPieces<SampleSeries> {
  const { labels, timestamps, values } = samples;
  const isStale = staleTest(values);
  let stale = 0;
  yield* inPieces(0, values.length, (from, to) => {
    for (let i = from; i < to; i++) if (isStale(i)) stale++;
  });
  if (stale === 0) return samples;
  const [keptTimes, keptValues] = [timestamps, values].map(({ length }) => new Float64Array(length - stale));
  let kept = 0;
  yield* inPieces(0, values.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (isStale(i)) continue;
      keptTimes[kept] = timestamps[i];
      keptValues[kept++] = values[i];
    }
  });
  return { labels, timestamps: keptTimes, values: keptValues };
}
