import { NAME_LABEL } from '../../../model/selector';
import { executionError } from '../errors';
import type { Captures, Context } from '../evaluate/context';
import { mapSeries, mergeSame } from '../evaluate/many';
import { labelOf, type VectorSeries, withLabel } from '../evaluate/series';

/** `label_replace(v, target, replacement, source, expression)` */
export async function replaceLabel(
  vector: readonly VectorSeries[],
  [target, replacement, source, expression]: readonly string[],
  context: Context,
): Promise<VectorSeries[]> {
  requireLabel(target, 'destination', 'label_replace');
  const texts = await mapSeries(vector, context, ({ labels }) => labelOf(labels, source));
  const captures = await context.source.capture(expression, texts);
  const replaced = await mapSeries(vector, context, (series, i) => {
    const found = captures[i];
    if (!found) return series;
    return { ...series, labels: withLabel(series.labels, target, expand(replacement, found)) };
  });
  return mergeSame(replaced, context);
}

/** `label_join(v, target, separator, source…)` */
export async function joinLabels(
  vector: readonly VectorSeries[],
  [target, separator, ...sources]: readonly string[],
  context: Context,
): Promise<VectorSeries[]> {
  for (const source of sources) requireLabel(source, 'source', 'label_join');
  requireLabel(target, 'destination', 'label_join');
  const joined = await mapSeries(vector, context, (series) => {
    const value = sources.map((source) => labelOf(series.labels, source)).join(separator);
    return { ...series, labels: withLabel(series.labels, target, value) };
  });
  return mergeSame(joined, context);
}

function requireLabel(name: string, what: 'destination' | 'source', where: string): void {
  if (name === '' || (name !== NAME_LABEL && !name.isWellFormed()))
    throw executionError(`invalid ${what} label name in ${where}(): ${name}`);
}

/** A template of Go's `regexp.Expand`: `$1`, `${name}`, `$$`. */
function expand(template: string, { numbered, named }: NonNullable<Captures>): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (text, plain?: string, braced?: string) => {
    if (text === '$$') return '$';
    const name = plain ?? braced ?? '';
    if (/^\d+$/.test(name)) return numbered[Number(name)] ?? '';
    return Object.hasOwn(named, name) ? named[name] : '';
  });
}
