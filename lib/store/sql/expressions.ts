import {
  type InnerAggregate,
  isPercentile,
  type OuterAggregate,
  type Percentile,
  shareOf,
} from '../../model/aggregates';
import {
  type Addends,
  eachOver,
  quantileOf,
  ratioOf,
  stddevOf,
  sumOf,
  valuesOf,
  wholeOf,
} from './arithmetic';

/** What can be computed from parts: see `partColumns`. All else needs the samples themselves. */
export type OfParts = Exclude<InnerAggregate, OfSamples>;
export type OfSamples = Percentile | 'stddev';

export function isOfSamples(name: InnerAggregate): name is OfSamples {
  return name === 'stddev' || isPercentile(name);
}

/** What parts have been added up to, and what of it is huge, where any is. */
const added = (column: 'sum' | 'increase' | 'delta', careful: boolean): Addends => ({
  tame: column,
  huge: careful ? `huge_${column}` : null,
});

/** Over the parts of a group and step: all series together, but for a rate, which needs one part for each series. */
export function overParts(name: OfParts, careful: boolean): string {
  switch (name) {
    case 'avg':
      return ratioOf(added('sum', careful), 'sum(n)');
    case 'sum':
      return sumOf(added('sum', careful));
    case 'min':
    case 'max':
      return `${name}(${name})`;
    case 'count':
      return 'sum(n)::float8';
    // Arrays compare by their first elements, then by their second: the newest sample, of several the highest.
    case 'last':
      return '(max(array[last_at, last]))[2]';
    case 'first':
      return '-(min(array[first_at, -first]))[2]';
    case 'increase':
    case 'delta':
      return `case when sum(elapsed) > 0 then ${sumOf(added(name, careful))} end`;
    case 'rate':
      return sumOf(eachOver(added('increase', careful), SECONDS), ' filter (where elapsed > 0)');
  }
}

/** Of the part that a series has in a step. */
export function ofSeries(name: OfParts, careful: boolean): string {
  switch (name) {
    case 'avg':
      return wholeOf(eachOver(added('sum', careful), 'n'));
    case 'sum':
      return wholeOf(added('sum', careful));
    case 'count':
      return 'n::float8';
    case 'rate':
      return `case when elapsed > 0 then ${wholeOf(eachOver(added('increase', careful), SECONDS))} end`;
    case 'increase':
    case 'delta':
      return `case when elapsed > 0 then ${wholeOf(added(name, careful))} end`;
    default:
      return name;
  }
}

const SECONDS = 'elapsed / 1000';

/** Over samples, as parts: those of a group and step, or of a series and step. */
export function overSamples(name: OfSamples, careful: boolean): string {
  return name === 'stddev' ? stddevOf('last', leastOf('last')) : quantileOf('last', shareOf(name)!, careful);
}

/** The column that has the least value of another one in a group and step, or series and step: see `stddevOf`. */
export function leastOf(column: string): string {
  return `least_${column}`;
}

/** Over a column that has a value for each series of a group and step, or null. */
export function overSeries(name: OuterAggregate, column: string, careful: boolean): string {
  const values = valuesOf(column, careful);
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
      return quantileOf(column, shareOf(name)!, careful);
  }
}
