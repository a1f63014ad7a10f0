import { type Labels, labelsKey } from './labels';

export const METRIC_TYPES = ['gauge', 'counter', 'histogram', 'summary'] as const;
export type MetricType = (typeof METRIC_TYPES)[number];

export const METRIC_NAME = /^[a-zA-Z_:.][a-zA-Z0-9_:./-]*$/;

/**
 * A metric as this process knows it. `series` only ever grows; `seriesById` of the registry indexes the same objects.
 */
export interface Metric {
  readonly id: number;
  readonly name: string;
  type: MetricType;
  unit: string;
  readonly series: Series[];
  /** Label names that any of them has; of very many, the first. */
  readonly labelNames: Set<string>;
}

/** One metric with one set of labels, under the id the database gave it. */
export interface Series {
  readonly id: number;
  readonly metric: Metric;
  readonly labels: Labels;
  /** Timestamp of its newest committed sample, 0 before the first. */
  lastSeen: number;
  /** Whether it was created while this process ran, which therefore knows all its samples: see `Ring`. */
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
 * The canonical text of an identity: two identities are the same series exactly when their keys are equal. Its digest
 * is what the database finds a series by, so it never changes.
 */
export function seriesKey(metric: string, labels: Labels): string {
  return metric + labelsKey(labels);
}
