import { createHash } from 'node:crypto';
import type { Labels, MetricType } from '../../model';
import { PulseError } from '../../model/errors';

/** A metric as this process knows it. `series` only ever grows; `seriesById` of the registry indexes the same objects. */
export interface Metric {
  readonly id: number;
  readonly name: string;
  type: MetricType;
  unit: string;
  readonly series: Series[];
  /** Label names that any of them has; of very many, the first. */
  readonly labelNames: Set<string>;
}

/** More than these nobody chooses from. */
const MOST_LABEL_NAMES = 1_000;

/** One metric with one set of labels, under the id the database gave it. */
export interface Series {
  readonly id: number;
  readonly metric: Metric;
  readonly labels: Labels;
  /** Timestamp of its newest committed sample, 0 before the first. */
  lastSeen: number;
  /** Whether it came to be under the eyes of this process, which has heard of all its samples: see `Ring`. */
  isNew: boolean;
}

/** A series before it has an id: what identifies it, and what is known of its metric. */
export interface SeriesIdentity {
  readonly metric: string;
  readonly labels: Labels;
  readonly type?: MetricType;
  readonly unit?: string;
}

export interface StoredSeries extends SeriesIdentity {
  readonly id: number;
  readonly metricId: number;
  readonly type: MetricType;
  readonly unit: string;
  readonly lastSeen: number;
  /** Whether it was not there before. */
  readonly isNew?: boolean;
}

/**
 * The canonical text of an identity: label names in code-unit order, parts separated by NUL, which
 * admission refuses in names and values. Two identities are the same series exactly when their keys are equal.
 */
export function seriesKey(metric: string, labels: Labels): string {
  let key = metric;
  for (const name of Object.keys(labels).sort()) key += `\0${name}\0${labels[name]}`;
  return key;
}

/** The part of a series' key that its labels make: `seriesKey(metric, labels) === metric + labelsKey(labels)`. */
export function labelsKey(labels: Labels): string {
  return seriesKey('', labels);
}

/** One set of labels and the series that have it. */
interface LabelSet {
  readonly labels: Labels;
  readonly byMetric: Map<string, Series>;
}

/** 128 bits of the key's SHA-256, as 32 hex digits: what the database holds unique, since keys outgrow an index row. */
export function seriesDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/**
 * Every series this process knows. One identity has one object, for the life of the process, so the rest of the
 * system may hold on to `Series` and compare by reference.
 */
export class Registry {
  readonly metrics = new Map<string, Metric>();
  readonly seriesById = new Map<number, Series>();
  private readonly labelSets = new Map<string, LabelSet>();
  private readonly listeners = new Set<(series: Series) => void>();

  get size(): number {
    return this.seriesById.size;
  }

  /** The series with these labels, by the name of their metric: a host's samples come together and are found together. */
  withLabels(labelsKey: string): ReadonlyMap<string, Series> | undefined {
    return this.labelSets.get(labelsKey)?.byMetric;
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

  /** Adds what the database holds; a series already known is returned as it is, its metric's type and unit brought up to date. */
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
    }
    return set;
  }

  /** Calls `listener` for every series added from now on; returns the off-switch. */
  onSeries(listener: (series: Series) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
