import type { Labels } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';

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
