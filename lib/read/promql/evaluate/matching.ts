import { type Labels, labelsKey } from '../../../model/labels';
import { NAME_LABEL } from '../../../model/selector';
import { executionError } from '../errors';
import { type Binary, COMPARISONS, type Matching } from '../syntax/ast';
import { breathe, type Context } from './context';
import { gather, mergeSame } from './many';
import { operatorOf } from './operators';
import {
  emptySeries,
  formatLabels,
  type Grid,
  labelOf,
  onlyLabels,
  type VectorSeries,
  withLabel,
  withoutLabels,
  withoutName,
} from './series';

/** What must agree in series that match, as a text. */
export function signatureOf({ isOn, labels }: Matching): (of: Labels) => string {
  if (isOn) return (of) => labels.map((name) => labelOf(of, name)).join('\0');
  const ignored = new Set([NAME_LABEL, ...labels]);
  return (of) => labelsKey(withoutLabels(of, ignored));
}

/** Series by what must agree. */
export function bySignature(
  vector: readonly VectorSeries[],
  matching: Matching,
  context: Context,
): Promise<Map<string, VectorSeries[]>> {
  return gather(vector, context, signatureOf(matching));
}

/** An operator between the series of two sides that match: one with one, or many with one. */
export async function matchVectors(
  expr: Binary,
  lefts: readonly VectorSeries[],
  rights: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const { matching } = expr;
  const isSwapped = matching.cardinality === 'one-to-many';
  const [many, one] = isSwapped ? [rights, lefts] : [lefts, rights];
  const ones = await bySignature(one, matching, context);
  await requireOne(ones, many, expr, grid, context);
  const signature = signatureOf(matching);
  const compute = matchOperator(expr, isSwapped);
  const resultLabels = resultLabelsOf(expr);
  /** Steps at which a match was made, by what may be matched once. */
  const matched = new Map<string, Uint8Array>();
  const results: VectorSeries[] = [];
  for (const series of many) {
    await breathe(context);
    const key = signature(series.labels);
    for (const other of ones.get(key) ?? []) {
      await breathe(context);
      context.reserve(grid.count);
      const result = emptySeries(resultLabels(series.labels, other.labels), grid.count);
      const once = matching.cardinality === 'one-to-one' ? key : `${key}\0\0${labelsKey(result.labels)}`;
      const taken = matched.get(once) ?? new Uint8Array(grid.count);
      matched.set(once, taken);
      for (let k = 0; k < grid.count; k++) {
        if (!series.has[k] || !other.has[k]) continue;
        if (taken[k]) refuseSecond(matching);
        taken[k] = 1;
        const value = compute(series.values[k], other.values[k]);
        if (value === undefined) continue;
        result.values[k] = value;
        result.has[k] = 1;
      }
      if (result.has.includes(1)) results.push(result);
    }
  }
  return mergeSame(results, context);
}

/** The value of a match; undefined where a comparison leaves it out. */
function matchOperator(
  { operator, isBool }: Binary,
  isSwapped: boolean,
): (many: number, one: number) => number | undefined {
  const compute = operatorOf(operator);
  const isFilter = COMPARISONS.has(operator) && !isBool;
  const value = (left: number, right: number) => {
    const computed = compute(left, right);
    if (!isFilter) return computed;
    return computed === 1 ? left : undefined;
  };
  return isSwapped ? (many, one) => value(one, many) : value;
}

function resultLabelsOf({ operator, isBool, matching }: Binary): (many: Labels, one: Labels) => Labels {
  const keepsName = COMPARISONS.has(operator) && !isBool;
  const { cardinality, isOn, labels, include } = matching;
  const given = new Set(labels);
  return (many, one) => {
    let result = keepsName ? many : withoutName(many);
    if (cardinality === 'one-to-one')
      result = isOn ? onlyLabels(result, given) : withoutLabels(result, given);
    for (const name of include) result = withLabel(result, name, labelOf(one, name));
    return result;
  };
}

/** @throws PromqlError `execution` where the side with one series has several of a match, at the same step. */
async function requireOne(
  ones: ReadonlyMap<string, VectorSeries[]>,
  many: readonly VectorSeries[],
  { matching }: Binary,
  grid: Grid,
  context: Context,
): Promise<void> {
  // Nothing can match where the other side is empty.
  let possible: Uint8Array | null = null;
  for (const group of ones.values()) {
    if (group.length < 2) continue;
    possible ??= await presenceOf(many, grid, context);
    const first = new Int32Array(grid.count).fill(-1);
    for (const [i, { has }] of group.entries()) {
      await breathe(context);
      for (let k = 0; k < grid.count; k++) {
        if (!has[k]) continue;
        if (first[k] >= 0 && possible[k]) refuseDuplicates(group[first[k]], group[i], matching);
        first[k] = i;
      }
    }
  }
}

/** The steps at which any of these series has a value. */
export async function presenceOf(
  vector: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<Uint8Array> {
  const present = new Uint8Array(grid.count);
  for (const { has } of vector) {
    await breathe(context);
    for (let k = 0; k < grid.count; k++) present[k] |= has[k];
  }
  return present;
}

function refuseDuplicates(one: VectorSeries, other: VectorSeries, matching: Matching): never {
  const [a, b] = [one, other].map(({ labels }) => formatLabels(labels)).sort();
  const ignored = new Set([NAME_LABEL, ...matching.labels]);
  const group = matching.isOn ? onlyLabels(one.labels, matching.labels) : withoutLabels(one.labels, ignored);
  const side = matching.cardinality === 'one-to-many' ? 'left' : 'right';
  throw executionError(
    `found duplicate series for the match group ${formatLabels(group)} on the ${side} hand-side of the operation: [${a}, ${b}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

function refuseSecond({ cardinality }: Matching): never {
  throw executionError(
    cardinality === 'one-to-one'
      ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
      : 'multiple matches for labels: grouping labels must ensure unique matches',
  );
}
