import { PulseError } from '../../model/errors';
import { type Labels, labelsKey, type Matcher } from '../../model/labels';
import type { Metric, Series, StoredSeries } from '../../model/series';
import type { PausableWork } from '../../runtime/work/work';
import { LabelIndex, type LabelSet } from './label-index';

/** Label names kept for a metric: people choose from this list. */
const MOST_LABEL_NAMES = 1_000;

/**
 * Every series this process knows. One identity has one object for the life of the process, so `Series` may be kept and
 * compared by reference.
 */
export class Registry {
  readonly metrics = new Map<string, Metric>();
  readonly seriesById = new Map<number, Series>();
  private readonly labelSets = new Map<string, LabelSet>();
  private readonly labelIndex = new LabelIndex();
  private readonly listeners = new Set<(series: Series) => void>();

  get size(): number {
    return this.seriesById.size;
  }

  /** The series with these labels, by metric name: samples of one host arrive together and share one lookup. */
  withLabels(labelsKey: string): ReadonlyMap<string, Series> | undefined {
    return this.labelSets.get(labelsKey)?.byMetric;
  }

  /**
   * Series of a metric among which are all that the matchers match: those with a label that few others have, or all of
   * the metric's.
   */
  async candidates(
    metric: Metric,
    matchers: readonly Matcher[],
    work: PausableWork,
  ): Promise<readonly Series[]> {
    const sets = await this.labelIndex.rarest(matchers, work);
    if (!sets || sets.length >= metric.series.length) return metric.series;
    return sets.flatMap(({ byMetric }) => byMetric.get(metric.name) ?? []);
  }

  /** @throws PulseError `unknown_metric` */
  knownMetric(name: string): Metric {
    const metric = this.metrics.get(name);
    if (metric) return metric;
    throw new PulseError(
      'unknown_metric',
      `There is no metric ${name}; GET /api/metrics lists those there are.`,
    );
  }

  /**
   * Adds what the database holds; a series already known is returned as it is, its metric's type and unit brought up to
   * date.
   */
  add(stored: StoredSeries): Series {
    let metric = this.metrics.get(stored.metric);
    if (!metric) {
      const { metricId: id, metric: name, type, unit } = stored;
      metric = { id, name, type, unit, series: [], labelNames: new Set() };
      this.metrics.set(metric.name, metric);
    }
    metric.type = stored.type;
    metric.unit = stored.unit;
    const { labels, byMetric } = this.labelSet(stored.labels);
    const known = byMetric.get(stored.metric);
    if (known) {
      known.lastSeen = Math.max(known.lastSeen, stored.lastSeen);
      return known;
    }
    const { id, lastSeen, isNew = false } = stored;
    const series: Series = { id, metric, labels, lastSeen, isNew };
    metric.series.push(series);
    for (const name in labels) if (metric.labelNames.size < MOST_LABEL_NAMES) metric.labelNames.add(name);
    this.seriesById.set(series.id, series);
    byMetric.set(stored.metric, series);
    for (const listener of this.listeners) listener(series);
    return series;
  }

  private labelSet(labels: Labels): LabelSet {
    const key = labelsKey(labels);
    let set = this.labelSets.get(key);
    if (!set) {
      set = { labels, byMetric: new Map() };
      this.labelSets.set(key, set);
      this.labelIndex.add(set);
    }
    return set;
  }

  /** Calls `listener` for every series added from now on, until the returned function is called. */
  onSeries(listener: (series: Series) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
