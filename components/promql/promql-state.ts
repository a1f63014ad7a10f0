import type { Route } from 'next';
import { search } from '@/lib/model/links';
import type { MetricType } from '@/lib/model/series';
import type { PromqlQuestion } from '@/lib/model/wire/promql';
import { readChoice } from '../explorer/aggregates';
import { DEFAULT_RANGE, type ExplorerState, type SearchParams } from '../explorer/explorer-state';

/** Lines that a chart has at most: more cannot be told apart. */
export const MOST_LINES = 100;

/** The page's question, under the API's parameter names. */
export function readPromqlQuestion(params: SearchParams): PromqlQuestion {
  const one = (name: string) => String(params[name] ?? '');
  return {
    query: one('query').trim(),
    start: one('start') || `now-${DEFAULT_RANGE}`,
    end: one('end') || 'now',
    step: one('step') || 'auto',
  };
}

export function promqlHref(query: string, { start, end }: { start?: string; end?: string } = {}): Route {
  return `/promql${search({ query, start, end })}` as Route;
}

export const PROMQL_STEPS = [
  { value: 'auto', label: 'auto', hint: 'as fine as the chart is wide' },
  ...['1s', '10s', '30s', '1m', '5m', '1h', '1d'].map((value) => ({ value, label: value })),
];

/** What is made of the samples of a window, where an instant value does not say it. */
const OVER_TIME: Readonly<Record<string, string>> = {
  rate: 'rate',
  increase: 'increase',
  delta: 'delta',
  min: 'min_over_time',
  max: 'max_over_time',
  sum: 'sum_over_time',
  count: 'count_over_time',
  stddev: 'stddev_over_time',
  first: 'first_over_time',
};
const WINDOW = '1m';

/** What the controls ask, as near as an expression comes to it. */
export function promqlOf({
  metric,
  match,
  by,
  aggregate,
}: Pick<ExplorerState, 'metric' | 'match' | 'by' | 'aggregate'>): string {
  const { within, across } = readChoice(aggregate);
  const selector = selectorOf(metric, match);
  const percent = /^p(\d+)$/;
  const quantile = percent.exec(within)?.[1];
  const name = OVER_TIME[within];
  const values = quantile
    ? `quantile_over_time(${Number(quantile) / 100}, ${selector}[${WINDOW}])`
    : name
      ? `${name}(${selector}[${WINDOW}])`
      : selector;
  const grouping = by.length > 0 ? ` by (${by.join(', ')}) ` : '';
  const over = percent.exec(across)?.[1];
  if (over) return `quantile${grouping}(${Number(over) / 100}, ${values})`;
  return `${['sum', 'min', 'max', 'count', 'stddev'].includes(across) ? across : 'avg'}${grouping}(${values})`;
}

/** Expressions to begin with, of metrics that there are. */
export function examplesOf(metrics: ReadonlyArray<{ name: string; type: MetricType }>): string[] {
  return metrics.map(({ name, type }) =>
    promqlOf({ metric: name, match: '', by: [], aggregate: type === 'counter' ? 'rate' : 'avg(avg)' }),
  );
}

/** With braces where there are any matchers; a name that is no identifier goes into them. */
function selectorOf(metric: string, match: string): string {
  const matchers = match.trim().slice(1, -1).trim();
  if (/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)) return matchers ? `${metric}{${matchers}}` : metric;
  return `{${[JSON.stringify(metric), matchers].filter(Boolean).join(',')}}`;
}
