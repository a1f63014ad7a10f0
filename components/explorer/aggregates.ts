import { type Aggregate, isGrowth, parseAggregate, stagesOf } from '@/lib/model/aggregates';
import type { SelectOption } from '../ui/select';

/** An aggregate as two choices of the explorer. */
export interface AggregateChoice {
  /** The aggregate of a series' samples in a step. */
  within: string;
  /** The aggregate of the series of a line; `POOLED`: of all their samples together. */
  across: string;
}

export const POOLED = 'pooled';

/** Growth of several series is summed by default: `rate` is `sum(rate)`. */
const GROWTH_ACROSS = 'sum';

export const WITHIN_OPTIONS: readonly SelectOption[] = [
  { value: 'avg', label: 'Average', hint: 'of the samples in a step' },
  { value: 'min', label: 'Lowest', hint: 'of the samples in a step' },
  { value: 'max', label: 'Highest', hint: 'of the samples in a step' },
  { value: 'last', label: 'Last', hint: 'the newest sample in a step' },
  { value: 'first', label: 'First', hint: 'the oldest sample in a step' },
  { value: 'rate', label: 'Rate', hint: 'of a counter, per second' },
  { value: 'increase', label: 'Increase', hint: 'of a counter, in a step' },
  { value: 'delta', label: 'Change', hint: 'up or down, in a step' },
  { value: 'sum', label: 'Sum', hint: 'of the samples in a step' },
  { value: 'count', label: 'Count', hint: 'how many samples came' },
  { value: 'stddev', label: 'Standard deviation', hint: 'from raw samples' },
  { value: 'p50', label: 'Median', hint: 'from raw samples' },
  { value: 'p90', label: '90th percentile', hint: 'from raw samples' },
  { value: 'p95', label: '95th percentile', hint: 'from raw samples' },
  { value: 'p99', label: '99th percentile', hint: 'from raw samples' },
];

const ACROSS_OPTIONS: readonly SelectOption[] = [
  { value: 'avg', label: 'average of series', hint: 'each series counts once, however often it reports' },
  { value: 'sum', label: 'total of series', hint: 'added up: the whole fleet’s' },
  { value: 'min', label: 'lowest series' },
  { value: 'max', label: 'highest series' },
  { value: 'count', label: 'number of series', hint: 'that have a value in the step' },
  { value: 'p50', label: 'median of series' },
  { value: 'p95', label: '95th percentile of series' },
  { value: 'stddev', label: 'spread of series', hint: 'their standard deviation' },
];
const TOGETHER: SelectOption = {
  value: POOLED,
  label: 'all samples alike',
  hint: 'who reports more often weighs more',
};

/** How the series of a line can be combined. Growth is always computed for each series, so it cannot be pooled. */
export function acrossOptions(within: string): readonly SelectOption[] {
  return isGrowing(within) ? ACROSS_OPTIONS : [...ACROSS_OPTIONS, TOGETHER];
}

/** The two choices of an aggregate; of several aggregates, those of the first. */
export function readChoice(aggregates: string): AggregateChoice {
  const aggregate = parseAggregate(aggregates.split(',')[0]);
  if (!aggregate) return { within: aggregates, across: POOLED };
  const { outer, inner } = stagesOf(aggregate);
  return { within: inner, across: outer ?? (isGrowing(inner) ? GROWTH_ACROSS : POOLED) };
}

/** The inverse of `readChoice`, in the shortest form. */
export function aggregateOf({ within, across }: AggregateChoice): string {
  const isShort = across === POOLED || (isGrowing(within) && across === GROWTH_ACROSS);
  return isShort ? within : `${across}(${within})`;
}

/** Growth is summed over series, other values are not: a change between the two chooses the usual combination. */
export function withinChosen(choice: AggregateChoice, within: string): AggregateChoice {
  if (isGrowing(within) === isGrowing(choice.within)) return { ...choice, within };
  return { within, across: isGrowing(within) ? GROWTH_ACROSS : 'avg' };
}

/** What a line shows, in words: `total of series, average`. */
export function aggregateWords(aggregates: string): string {
  const { within, across } = readChoice(aggregates);
  const inner = labelOf(WITHIN_OPTIONS, within).toLowerCase();
  const isPlain = across === POOLED || (isGrowing(within) && across === GROWTH_ACROSS);
  return isPlain ? inner : `${labelOf(ACROSS_OPTIONS, across)}, ${inner}`;
}

function isGrowing(within: string): boolean {
  const aggregate = parseAggregate(within);
  return aggregate !== null && isGrowth(aggregate as Aggregate);
}

function labelOf(options: readonly SelectOption[], value: string): string {
  return options.find((option) => option.value === value)?.label ?? value;
}
