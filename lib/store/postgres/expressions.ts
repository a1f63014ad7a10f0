import { isPercentile, shareOf } from '../../aggregates';
import type { InnerAggregate, OuterAggregate, Percentile } from '../../model';
import { quantileOf, ratioOf, stddevOf, sumOf, valuesOf } from './arithmetic';

/** What parts tell: see `partColumns`. All else needs the samples themselves. */
export type OfParts = Exclude<InnerAggregate, OfSamples>;
export type OfSamples = Percentile | 'stddev';

export function isOfSamples(name: InnerAggregate): name is OfSamples {
  return name === 'stddev' || isPercentile(name);
}

/** Over the parts of a group and step, all series together. */
export const POOLED: Record<Exclude<OfParts, 'rate'>, string> = {
  avg: 'ratio(sum(sum), sum(n))',
  sum: 'sum(sum)',
  min: 'min(min)',
  max: 'max(max)',
  count: 'sum(n)::float8',
  // Arrays compare by their first elements, then by their second: the newest sample, of several the highest.
  last: '(max(array[last_at, last]))[2]',
  first: '-(min(array[first_at, -first]))[2]',
  increase: 'case when sum(elapsed) > 0 then sum(increase) end',
  delta: 'case when sum(elapsed) > 0 then sum(delta) end',
};
/** Over the parts of a group and step, one for each series. */
export const RATE = 'sum(ratio(increase, elapsed / 1000)) filter (where elapsed > 0)';

/** Of the part that a series has in a step. */
export const OF_SERIES: Record<OfParts, string> = {
  avg: 'ratio(sum, n)',
  sum: 'sum',
  min: 'min',
  max: 'max',
  count: 'n::float8',
  last: 'last',
  first: 'first',
  rate: 'case when elapsed > 0 then ratio(increase, elapsed / 1000) end',
  increase: 'case when elapsed > 0 then increase end',
  delta: 'case when elapsed > 0 then delta end',
};

/** Over samples, as parts: those of a group and step, or of a series and step. */
export function overSamples(name: OfSamples): string {
  return name === 'stddev' ? stddevOf('last', leastOf('last')) : quantileOf('last', shareOf(name)!, false);
}

/** The column that has the least value of another one in a group and step, or series and step: see `stddevOf`. */
export function leastOf(column: string): string {
  return `least_${column}`;
}

/** Over a column that has a value for each series of a group and step, or null. */
export function overSeries(name: OuterAggregate, column: string): string {
  const values = valuesOf(column, true);
  switch (name) {
    case 'sum':
      return sumOf(values);
    case 'avg':
      return ratioOf(values, `count(${column})`);
    case 'min':
    case 'max':
      return `${name}(${column})`;
    case 'count':
      return `nullif(count(${column}), 0)::float8`;
    case 'stddev':
      return stddevOf(column, leastOf(column));
    default:
      return quantileOf(column, shareOf(name)!, true);
  }
}
