import type { Aggregate } from '@/lib/model/aggregates';
import type { Matcher } from '@/lib/model/labels';
import { parseSelector } from '@/lib/model/selector';
import type { MetricType } from '@/lib/model/series';
import type { Query } from '@/lib/model/wire/query';

/**
 * The explorer's state in its URL, under the API's parameter names, so that an address can be turned into an API call
 * by hand. Values are kept as they were written: the answer reports what is wrong with them.
 */
export interface ExplorerState {
  metric: string;
  start: string;
  end: string;
  step: string;
  aggregate: string;
  by: string[];
  match: string;
  /** How many groups are shown, those with the highest rank or those with the lowest: a number, `all` or ''. */
  top: string;
  bottom: string;
  /** What the rank is: `latest` or `range`. */
  rank: string;
  /** Other query parameters of the URL, by name. */
  further: Further;
  view: 'chart' | 'table';
}

/** Rare parameters: the URL may have them, and the page then shows them. */
export const FURTHER = [
  'timezone',
  'offset',
  'fill',
  'expression',
  'b.metric',
  'b.aggregate',
  'b.match',
  'b.offset',
] as const satisfies ReadonlyArray<keyof Query>;
export type Further = Partial<Record<(typeof FURTHER)[number], string>>;

export const DEFAULT_RANGE = '15m';
const DEFAULT_TOP = '10';
const MAX_POINTS = '600';

export type SearchParams = Record<string, string | string[] | undefined>;

export function readExplorerState(metric: string, type: MetricType, params: SearchParams): ExplorerState {
  const one = (name: string) => {
    const value = params[name];
    return (Array.isArray(value) ? value.join() : value) ?? '';
  };
  return {
    metric,
    start: one('start') || `now-${DEFAULT_RANGE}`,
    end: one('end') || 'now',
    step: one('step') || 'auto',
    aggregate: one('aggregate') || defaultAggregate(type),
    by: one('by').split(',').filter(Boolean),
    match: one('match'),
    top: one('top') || (one('bottom') ? '' : DEFAULT_TOP),
    bottom: one('bottom'),
    rank: one('rank') || 'latest',
    further: Object.fromEntries(FURTHER.map((name) => [name, one(name)]).filter(([, text]) => text !== '')),
    view: one('view') === 'table' ? 'table' : 'chart',
  };
}

/**
 * Of a counter the rate, because it only grows. Of other metrics the average of the series' averages, so that a host
 * that reports ten times as often does not weigh more.
 */
export function defaultAggregate(type: MetricType): Aggregate {
  return type === 'counter' ? 'rate' : 'avg(avg)';
}

/** Averages are shown between the lowest and the highest sample. */
const AVERAGES = ['avg', 'avg(avg)'];

/** The query of a state. With an average it also asks for lowest and highest, so that spikes stay visible. */
export function explorerQuery(state: ExplorerState): Query {
  return {
    metric: state.metric,
    start: state.start,
    end: state.end,
    step: state.step,
    maxPoints: state.step === 'auto' ? MAX_POINTS : undefined,
    aggregate: isBanded(state) ? `${state.aggregate},min,max` : state.aggregate,
    by: state.by.join(),
    match: state.match,
    ...(state.by.length > 0 && state.top !== 'all' && rankingOf(state)),
    ...state.further,
  };
}

/** An expression of averages has no lowest and highest sample. */
function isBanded({ aggregate, further }: ExplorerState): boolean {
  return AVERAGES.includes(aggregate) && further.expression === undefined;
}

function rankingOf({ top, bottom, rank }: ExplorerState): Pick<Query, 'top' | 'bottom' | 'rank'> {
  return { top: top || undefined, bottom: bottom || undefined, rank: rank === 'latest' ? undefined : rank };
}

/** The selector's matchers, null when it cannot be read. */
export function matchersOf(match: string): Matcher[] | null {
  try {
    return parseSelector(match);
  } catch {
    // The answer reports what is wrong with it.
    return null;
  }
}

export const STEP_OPTIONS = [
  { value: 'auto', label: 'auto', hint: 'as fine as the chart is wide' },
  { value: 'raw', label: 'raw', hint: 'every sample' },
  { value: '10s', label: '10 s' },
  { value: 'minute', label: 'minute' },
  { value: '5m', label: '5 min' },
  { value: 'hour', label: 'hour' },
  { value: 'day', label: 'day', hint: 'from midnight to midnight here' },
  { value: 'week', label: 'week', hint: 'from Monday' },
  { value: 'month', label: 'month' },
];

/** Steps of days and longer are in the reader's time zone; shorter steps are the same in all. */
export function paramsOfStep(step: string, timezone: string): Record<'step' | 'timezone', string | null> {
  const isOfCalendar = step === 'day' || step === 'week' || step === 'month';
  return {
    step: step === 'auto' ? null : step,
    timezone: isOfCalendar && timezone !== 'UTC' ? timezone : null,
  };
}

const DIFFERENCE = 'a - b';

export const COMPARE_OPTIONS = [
  { value: '0', label: 'nothing' },
  { value: '1h', label: 'an hour before', hint: 'the difference' },
  { value: '1d', label: 'the day before', hint: 'the difference' },
  { value: '7d', label: 'the week before', hint: 'the difference' },
];

/** The offset of the comparison that is shown; '0': no comparison. Null for any other expression. */
export function comparedWith({ further }: ExplorerState): string | null {
  const { expression, 'b.offset': before, ...rest } = further;
  if (rest['b.metric'] || rest['b.aggregate'] || rest['b.match']) return null;
  if (expression === undefined) return '0';
  return expression === DIFFERENCE && before ? before : null;
}

export function paramsOfComparison(before: string): Record<'expression' | 'b.offset', string | null> {
  return before === '0'
    ? { expression: null, 'b.offset': null }
    : { expression: DIFFERENCE, 'b.offset': before };
}

export const ALL_GROUPS = 'all';

export const SHOWN_OPTIONS = [
  ...['5', '10', '20', '50', '100'].map((count) => ({ value: `top ${count}`, label: `top ${count}` })),
  ...['5', '10', '20'].map((count) => ({ value: `bottom ${count}`, label: `bottom ${count}` })),
  { value: ALL_GROUPS, label: ALL_GROUPS },
];

export const RANK_OPTIONS = [
  { value: 'latest', label: 'newest value', hint: 'who leads now' },
  { value: 'range', label: 'whole range', hint: 'who led over all of it' },
];

/** Which groups are shown, as one of `SHOWN_OPTIONS` or like them. */
export function shownOf({ top, bottom }: ExplorerState): string {
  if (bottom) return `bottom ${bottom}`;
  return top === ALL_GROUPS ? ALL_GROUPS : `top ${top}`;
}

/** The URL's parameters for a choice of groups; null: left out of the URL. */
export function paramsOfShown(shown: string): Record<'top' | 'bottom', string | null> {
  const [end, count] = shown.split(' ');
  if (end === 'bottom') return { top: null, bottom: count };
  const top = end === ALL_GROUPS ? ALL_GROUPS : count;
  return { top: top === DEFAULT_TOP ? null : top, bottom: null };
}

/** Where an answer was read, for people. */
export const TIER_WORDS = {
  ring: 'from memory',
  cache: 'from the cache',
  raw: 'from raw samples',
  minute: 'from minute rollups',
  hour: 'from hour rollups',
  day: 'from day rollups',
} as const;
