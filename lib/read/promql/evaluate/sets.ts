import type { Binary } from '../syntax/ast';
import { breathe, type Context } from './context';
import { mergeSame } from './many';
import { bySignature, presenceOf, signatureOf } from './matching';
import type { Grid, VectorSeries } from './series';

/** `and`, `or` and `unless`: which series there are, not what values they have. */
export async function combineSets(
  { operator, matching }: Binary,
  lefts: VectorSeries[],
  rights: readonly VectorSeries[],
  grid: Grid,
  context: Context,
): Promise<VectorSeries[]> {
  const signature = signatureOf(matching);
  if (operator === 'or') {
    const present = await presenceByMatch(await bySignature(lefts, matching, context), grid, context);
    const others = await filtered(rights, context, ({ labels }) => present.get(signature(labels)), false);
    return mergeSame([...lefts, ...others], context);
  }
  const present = await presenceByMatch(await bySignature(rights, matching, context), grid, context);
  return filtered(lefts, context, ({ labels }) => present.get(signature(labels)), operator === 'and');
}

async function presenceByMatch(
  groups: ReadonlyMap<string, VectorSeries[]>,
  grid: Grid,
  context: Context,
): Promise<Map<string, Uint8Array>> {
  const presence = new Map<string, Uint8Array>();
  for (const [key, series] of groups) presence.set(key, await presenceOf(series, grid, context));
  return presence;
}

/** What of series lies where the other side is present, or where it is not. */
async function filtered(
  vector: readonly VectorSeries[],
  context: Context,
  presenceFor: (series: VectorSeries) => Uint8Array | undefined,
  wanted: boolean,
): Promise<VectorSeries[]> {
  const kept: VectorSeries[] = [];
  for (const series of vector) {
    await breathe(context);
    const present = presenceFor(series);
    const has = series.has.map((own, k) => (own && Boolean(present?.[k]) === wanted ? 1 : 0));
    if (has.includes(1)) kept.push({ ...series, has });
  }
  return kept;
}
