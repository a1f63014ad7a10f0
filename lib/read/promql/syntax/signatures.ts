import type { ValueType } from './ast';

/** What a function takes and gives. */
export interface Signature {
  args: readonly ValueType[];
  /** How many of the last ones may be missing; -1: the last may come any number of times. */
  optional: number;
  returns: ValueType;
}

const of = (args: readonly ValueType[], returns: ValueType = 'vector', optional = 0): Signature => ({
  args,
  optional,
  returns,
});

const OVER_RANGE = of(['matrix']);
const OF_VECTOR = of(['vector']);
/** Without an argument it is about the time of the step. */
const OF_TIME = of(['vector'], 'vector', 1);

export const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...[
    'rate',
    'irate',
    'increase',
    'delta',
    'idelta',
    'deriv',
    'changes',
    'resets',
    'avg_over_time',
    'min_over_time',
    'max_over_time',
    'sum_over_time',
    'count_over_time',
    'first_over_time',
    'last_over_time',
    'stddev_over_time',
    'stdvar_over_time',
    'present_over_time',
    'absent_over_time',
    'mad_over_time',
    'ts_of_first_over_time',
    'ts_of_last_over_time',
    'ts_of_max_over_time',
    'ts_of_min_over_time',
  ].map((name) => [name, OVER_RANGE] as const),
  ...[
    'abs',
    'ceil',
    'floor',
    'exp',
    'ln',
    'log2',
    'log10',
    'sqrt',
    'sgn',
    'sin',
    'cos',
    'tan',
    'asin',
    'acos',
    'atan',
    'sinh',
    'cosh',
    'tanh',
    'asinh',
    'acosh',
    'atanh',
    'deg',
    'rad',
    'absent',
    'sort',
    'sort_desc',
    'timestamp',
  ].map((name) => [name, OF_VECTOR] as const),
  ...['minute', 'hour', 'day_of_week', 'day_of_month', 'day_of_year', 'days_in_month', 'month', 'year'].map(
    (name) => [name, OF_TIME] as const,
  ),
  ['quantile_over_time', of(['scalar', 'matrix'])],
  ['predict_linear', of(['matrix', 'scalar'])],
  ['double_exponential_smoothing', of(['matrix', 'scalar', 'scalar'])],
  ['round', of(['vector', 'scalar'], 'vector', 1)],
  ['clamp', of(['vector', 'scalar', 'scalar'])],
  ['clamp_min', of(['vector', 'scalar'])],
  ['clamp_max', of(['vector', 'scalar'])],
  ['histogram_quantile', of(['scalar', 'vector'])],
  ['label_replace', of(['vector', 'string', 'string', 'string', 'string'])],
  ['label_join', of(['vector', 'string', 'string', 'string'], 'vector', -1)],
  ['vector', of(['scalar'])],
  ['scalar', of(['vector'], 'scalar')],
  ['time', of([], 'scalar')],
  ['pi', of([], 'scalar')],
]);

/** Aggregations that take a parameter, and its type. */
export const PARAMETER_OF: Readonly<Record<string, ValueType>> = {
  topk: 'scalar',
  bottomk: 'scalar',
  quantile: 'scalar',
  count_values: 'string',
};

export const AGGREGATIONS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  ...Object.keys(PARAMETER_OF),
]);
