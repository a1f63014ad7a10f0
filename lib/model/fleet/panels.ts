import { metricHref } from '../links';
import { formatSelector } from '../selector';
import type { Metric, MetricType } from '../series';
import { parseDuration, SECOND } from '../time/duration';
import type { Query } from '../wire/query';
import type { FleetSummary, HostMetric } from './answers';
import { HEADLINES, type Headline, type HeadlineKey, headline } from './headlines';
import { chooseValues } from './hosts-query';

/** A chart: its title, its query, and the page that shows it in full. Plain values. */
export interface PanelSpec {
  key: string;
  title: string;
  query: Query;
  unit: string;
  href: string;
}

export interface PanelRange {
  start: string;
  end: string;
}

const TOP_HOSTS = 5;
const COMMON_SHOWN = 5;
const MAX_POINTS = '300';
/** With more lines than this the chart is hard to read: it shows those with the highest latest value. */
const PARTS_SHOWN = 8;

/** Figures whose average over hosts says nothing: one full disk matters, whatever the others have left. */
const NOT_AVERAGED: ReadonlySet<HeadlineKey> = new Set(['disk', 'load']);

type MetricFacts = Pick<Metric, 'name' | 'type' | 'unit'>;

/** What the fleet's charts depend on. */
export type FleetFacts = Pick<FleetSummary, 'counts' | 'headlines' | 'intervalMs' | 'by' | 'busiest'>;

/**
 * The fleet's main charts: each headline over all hosts (counters added up, anything else as average between the
 * lowest and the highest host), and the hosts that lead in what they are ranked by.
 */
export function fleetPanels(
  known: (name: string) => MetricFacts | undefined,
  facts: FleetFacts,
  range: PanelRange,
): PanelSpec[] {
  const { headlines, intervalMs } = facts;
  const step = fleetStep(intervalMs);
  const averaged = headlines.filter((key) => !NOT_AVERAGED.has(key));
  const shown = averaged.length > 0 ? averaged : headlines;
  const metricOf = ({ metrics }: Headline) => metrics.map(known).find((one) => one !== undefined);
  const panels = HEADLINES.flatMap((one) => {
    const metric = shown.includes(one.key) ? metricOf(one) : undefined;
    if (!metric) return [];
    const scope = metric.type === 'counter' ? 'all hosts together' : 'average and range of all hosts';
    return [spec(one.key, `${one.title}, ${scope}`, metric, { ...range, step })];
  });
  const ranking = facts.by === null ? undefined : headline(facts.by);
  const ranked = ranking && metricOf(ranking);
  if (!ranked) return panels;
  return [...panels.slice(0, 1), leadersPanel(ranking.title, ranked, facts, range), ...panels.slice(1)];
}

/** Up to this many hosts the chart of the highest hosts is ranked again at every tick; for more that costs too much. */
const FOLLOWED_HOSTS = 1_000;

function leadersPanel(
  title: string,
  metric: MetricFacts,
  { counts, busiest }: FleetFacts,
  range: PanelRange,
): PanelSpec {
  const follows = counts.reporting + counts.late + counts.gone <= FOLLOWED_HOSTS;
  const leaders = chooseValues(
    [],
    'host',
    busiest.slice(0, TOP_HOSTS).map(({ name }) => name),
  );
  const panel = spec(
    'leaders',
    follows
      ? `${title}, the ${TOP_HOSTS} highest hosts`
      : `${title}, the ${TOP_HOSTS} highest hosts when opened`,
    metric,
    { ...range, by: 'host', ...(follows ? { top: String(TOP_HOSTS) } : { match: formatSelector(leaders) }) },
  );
  // Bands around the lines of several hosts would overlap.
  panel.query.aggregate = metric.type === 'counter' ? 'rate' : 'avg';
  return panel;
}

const FLEET_STEPS = ['5s', '10s', '30s', '1m', '2m', '5m', '10m', '30m'] as const;

/**
 * The step of charts over all hosts: about two of their intervals, so that every point includes every host. A finer
 * step would sum a part of the hosts, and another part in the next point. Undefined: chosen by the width of the chart.
 */
function fleetStep(intervalMs: number | null): string | undefined {
  if (intervalMs === null || intervalMs <= 2 * SECOND) return undefined;
  return FLEET_STEPS.find((step) => parseDuration(step)! >= 1.8 * intervalMs) ?? FLEET_STEPS.at(-1);
}

/** For hosts that have none of the headlines: the metrics with the most series. */
export function commonPanels(
  metrics: Iterable<MetricFacts & Pick<Metric, 'series'>>,
  range: PanelRange,
): PanelSpec[] {
  return [...metrics]
    .sort((a, b) => b.series.length - a.series.length || (a.name < b.name ? -1 : 1))
    .slice(0, COMMON_SHOWN)
    .map((metric) => spec(metric.name, `${metric.name}, all hosts`, metric, { ...range }));
}

/** One metric of one host: in one line with its band, or by its parts (cores, devices …) where it has some. */
export function hostPanel(host: string, metric: HostMetric, range: PanelRange, parts: boolean): PanelSpec {
  const by = parts ? partsOf(metric) : '';
  return spec(metric.name, metric.name, metric, {
    ...range,
    match: formatSelector([{ label: 'host', operator: '=', value: host }]),
    by,
    top: by && metric.series > PARTS_SHOWN ? String(PARTS_SHOWN) : undefined,
  });
}

/**
 * The labels to break a metric down by: all that distinguish its series, or where that makes many lines, the coarsest.
 */
export function partsOf({ dimensions, series }: Pick<HostMetric, 'dimensions' | 'series'>): string {
  const labels = dimensions.map(({ label }) => label);
  return (series <= PARTS_SHOWN ? labels : labels.slice(0, 1)).join();
}

function spec(
  key: string,
  title: string,
  metric: { name: string; type: MetricType; unit: string },
  rest: Omit<Query, 'metric' | 'aggregate'>,
): PanelSpec {
  const aggregate = metric.type === 'counter' ? 'rate' : 'avg,min,max';
  const query: Query = { metric: metric.name, aggregate, maxPoints: MAX_POINTS, ...rest };
  const { start, end, by, match } = query;
  return {
    key,
    title,
    unit: metric.unit,
    query,
    href: metricHref(metric.name, {
      start: start === 'now-15m' ? undefined : start,
      end: end === 'now' ? undefined : end,
      by,
      match,
    }),
  };
}

/** The main metrics of a machine, the most important first; a missing one is replaced by another metric. */
const MAIN_METRICS: Readonly<Record<string, string>> = {
  cpu_usage_percent: 'CPU',
  memory_used_percent: 'Memory',
  load1: 'Load, 1 minute',
  network_receive_bytes_total: 'Network received',
  network_transmit_bytes_total: 'Network sent',
  filesystem_used_percent: 'File systems used',
  disk_read_bytes_total: 'Disk read',
  disk_written_bytes_total: 'Disk written',
  cpu_core_usage_percent: 'CPU cores',
};

/** The first charts of a machine, with titles instead of metric names. */
export function mainPanels(
  host: string,
  metrics: readonly HostMetric[],
  count: number,
  range: PanelRange,
): PanelSpec[] {
  const main = Object.keys(MAIN_METRICS).flatMap(
    (name) => metrics.find((metric) => metric.name === name) ?? [],
  );
  return [...main, ...metrics.filter(({ name }) => !(name in MAIN_METRICS))]
    .slice(0, count)
    .map((metric) => ({
      ...hostPanel(host, metric, range, true),
      title: MAIN_METRICS[metric.name] ?? metric.name,
    }));
}

const FIRST_MINUTES = ['5m', '15m'] as const;

/** A short range for a new machine: its first minute would fill little of a quarter of an hour. */
export function rangeSince(firstSample: number | null, now: number): PanelRange {
  const fits = FIRST_MINUTES.find(
    (preset) => firstSample !== null && now - firstSample < parseDuration(preset)! * 0.8,
  );
  return { start: `now-${fits ?? '15m'}`, end: 'now' };
}
