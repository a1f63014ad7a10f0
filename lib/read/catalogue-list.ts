import { z } from 'zod';
import { selectMatching } from '../memory/catalogue/matchers';
import type { Registry } from '../memory/catalogue/registry';
import { parseSelector } from '../model/selector';
import type { Metric, Series } from '../model/series';
import type { CatalogueAnswer, MetricEntry, SeriesAnswer } from '../model/wire/catalogue';
import { FirstFew } from '../runtime/work/sort';
import type { MatchingWork, PausableWork } from '../runtime/work/work';
import { parameter, readCount } from './query/parameters';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

const limit = parameter(
  String(DEFAULT_LIMIT),
  (text, reject) => readCount(text, MAX_LIMIT, reject) ?? DEFAULT_LIMIT,
).meta({ description: `Entries a page, ${DEFAULT_LIMIT} by default, up to ${MAX_LIMIT}` });

/** The parameters of the catalogue of metrics. */
export const metricListParams = z.strictObject({
  search: z.string().default('').meta({ description: 'Words that the name contains, in any case and order' }),
  limit,
  cursor: z.string().default('').meta({ description: '`next` of the page before' }),
});
export type MetricListParams = z.output<typeof metricListParams>;

/** The parameters of the listing of series. */
export const seriesListParams = z.strictObject({
  metric: z.string().default('').meta({ description: 'Name of a metric; without it, series of all metrics' }),
  match: parameter('', parseSelector).meta({ description: "A selector in Prometheus' form" }),
  limit,
  cursor: parameter('', (text, reject) => readCount(text, 2 ** 31, reject) ?? 0).meta({
    description: '`next` of the page before',
  }),
});
export type SeriesListParams = z.output<typeof seriesListParams>;

/** A page of metrics in the order of their names; `next` is the cursor of the page after, null on the last. */
export async function listMetrics(
  registry: Pick<Registry, 'metrics' | 'knownMetric' | 'seriesById'>,
  { search, limit, cursor }: MetricListParams,
  work: PausableWork,
): Promise<CatalogueAnswer> {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const first = new FirstFew<Metric>(limit + 1, (a, b) => (a.name < b.name ? -1 : 1));
  for (const metric of registry.metrics.values()) {
    if (work.isDue('list')) await work.pause();
    const name = metric.name.toLowerCase();
    if (metric.name > cursor && words.every((word) => name.includes(word))) first.add(metric);
  }
  const found = first.inOrder();
  const page = found.slice(0, limit);
  const metrics: MetricEntry[] = [];
  for (const metric of page) {
    if (work.isDue('list')) await work.pause();
    metrics.push(describe(metric));
  }
  return { metrics, next: found.length > limit ? page[limit - 1].name : null };
}

/** Label names that any of the metric's series has, sorted. */
export function metricLabels({ labelNames }: Metric): string[] {
  return [...labelNames].sort();
}

function describe(metric: Metric): MetricEntry {
  const { name, type, unit, series } = metric;
  let newest = 0;
  for (const { lastSeen } of series) if (lastSeen > newest) newest = lastSeen;
  return { name, type, unit, series: series.length, labels: metricLabels(metric), lastSeen: newest || null };
}

/**
 * A page of series in the order they were created.
 * @throws PulseError `unknown_metric`; `bad_parameter` for a wrong expression in `match`; `too_expensive`.
 */
export async function listSeries(
  registry: Pick<Registry, 'metrics' | 'knownMetric' | 'seriesById'>,
  { metric, match, limit, cursor }: SeriesListParams,
  work: MatchingWork,
): Promise<SeriesAnswer> {
  const all = metric === '' ? registry.seriesById.values() : registry.knownMetric(metric).series;
  const first = new FirstFew<Series>(limit + 1, (a, b) => a.id - b.id);
  for await (const some of selectMatching(all, match, work)) {
    for (const each of some) if (each.id > cursor) first.add(each);
  }
  const found = first.inOrder();
  const page = found.slice(0, limit);
  return {
    series: page.map(({ metric, labels, lastSeen }) => ({
      metric: metric.name,
      labels,
      lastSeen: lastSeen || null,
    })),
    next: found.length > limit ? String(page[limit - 1].id) : null,
  };
}
