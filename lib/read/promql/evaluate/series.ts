import { type Labels, labelsKey } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';
import { executionError } from '../errors';

/** The steps that an expression is evaluated at: `count` of them from `start` on, epoch ms. */
export interface Grid {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** A series with a value at each step that `has` one. NaN is a value. */
export interface VectorSeries {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly has: Uint8Array;
}

/** Samples of one series, ascending in time. */
export interface SampleSeries {
  readonly labels: Labels;
  /** Epoch ms. */
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

export function timeOf({ start, step }: Grid, k: number): number {
  return start + k * step;
}

export function emptySeries(labels: Labels, count: number): VectorSeries {
  return { labels, values: new Float64Array(count), has: new Uint8Array(count) };
}

/** The value of a label, '' without it. */
export function labelOf(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name] : '';
}

export function withoutLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.has(name)));
}

export function onlyLabels(labels: Labels, names: Iterable<string>): Labels {
  const kept: Array<[string, string]> = [];
  for (const name of names) {
    const value = labelOf(labels, name);
    if (value !== '') kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** With one label changed; an empty value removes it. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  const others = Object.entries(labels).filter(([other]) => other !== name);
  return Object.fromEntries(value === '' ? others : [...others, [name, value]]);
}

const NAME_ONLY: ReadonlySet<string> = new Set([NAME_LABEL]);

export function withoutName(labels: Labels): Labels {
  return Object.hasOwn(labels, NAME_LABEL) ? withoutLabels(labels, NAME_ONLY) : labels;
}

/** Labels as they are written in a selector. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels)
    .filter(([name]) => name !== NAME_LABEL)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${labelOf(labels, NAME_LABEL)}{${pairs.join(', ')}}`;
}

/** Prometheus' order of series: by the sorted names and values. */
export function compareLabels(a: Labels, b: Labels): number {
  const [left, right] = [Object.entries(a).sort(byName), Object.entries(b).sort(byName)];
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    for (const part of [0, 1] as const)
      if (left[i][part] !== right[i][part]) return left[i][part] < right[i][part] ? -1 : 1;
  return left.length - right.length;
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Series of the same labels as one, in the order of their first.
 * @throws PromqlError `execution` when two of them have a value at the same step
 */
export function mergeSame(series: readonly VectorSeries[]): VectorSeries[] {
  const byKey = new Map<string, VectorSeries>();
  const owned = new Set<VectorSeries>();
  for (const each of series) {
    const key = labelsKey(each.labels);
    let known = byKey.get(key);
    if (!known) {
      byKey.set(key, each);
      continue;
    }
    if (!owned.has(known)) {
      known = { labels: known.labels, values: known.values.slice(), has: known.has.slice() };
      owned.add(known);
      byKey.set(key, known);
    }
    for (let k = 0; k < each.has.length; k++) {
      if (!each.has[k]) continue;
      if (known.has[k]) throw executionError('vector cannot contain metrics with the same labelset');
      known.has[k] = 1;
      known.values[k] = each.values[k];
    }
  }
  return [...byKey.values()];
}

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
export function withoutStale(samples: SampleSeries): SampleSeries {
  const { labels, timestamps, values } = samples;
  const isStale = staleTest(values);
  let isClean = true;
  for (let i = 0; i < values.length && isClean; i++) isClean = !isStale(i);
  if (isClean) return samples;
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) if (!isStale(i)) kept.push(i);
  return {
    labels,
    timestamps: Float64Array.from(kept, (i) => timestamps[i]),
    values: Float64Array.from(kept, (i) => values[i]),
  };
}
