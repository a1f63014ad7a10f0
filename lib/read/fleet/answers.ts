import type { Labels } from '../../model/labels';
import type { WholePoint } from '../../model/points';
import type { MetricType } from '../../model/series';
import type { HeadlineKey } from './headlines';
import type { HostStatus } from './status';

/** What the fleet's questions are answered with. Plain values, client-safe; times are epoch ms by the server's clock. */

export type StatusCounts = Record<HostStatus, number>;

export interface HostRow {
  name: string;
  status: HostStatus;
  /** Timestamp of its newest sample; 0 when it never sent one. */
  lastSeen: number;
  /** Until when it is known to have been alive: `lastSeen`, but never later than we heard from it. */
  heardAt: number;
  /** Its usual time between posts; null before there have been two. */
  intervalMs: number | null;
  /** How far its clock runs ahead of the server's. */
  aheadMs: number;
  series: number;
  labels: Labels;
  /** The newest figure per headline; absent when it has no current one. */
  values: Partial<Record<HeadlineKey, number>>;
  /** The last minutes of the headline asked for, oldest first, `recentStepMs` apart; null where there was no sample. */
  recent: Array<number | null>;
}

export interface FleetSummary {
  now: number;
  counts: StatusCounts;
  /** Of those gone: how many were heard within the last day. */
  goneLastDay: number;
  series: number;
  /** What nine of ten reporting hosts post at least as often as; null while none has a known interval. */
  intervalMs: number | null;
  /** Over the last ten complete seconds; null in the first second of this process. */
  samplesPerSecond: number | null;
  /** Samples per second over the last quarter of an hour, from the point asked for on; the last one is still open. */
  arrivals: WholePoint[];
  arrivalsStepMs: number;
  /** Headlines at least one reporting host has a figure for. */
  headlines: HeadlineKey[];
  /** What busiest and quietest are ranked by; null when no host has any headline. */
  by: HeadlineKey | null;
  busiest: HostRow[];
  quietest: HostRow[];
  /** Hosts that fell silent, the most recent first. */
  silent: HostRow[];
}

export interface HostsPage {
  now: number;
  /** Hosts in the fleet, before any filter. */
  total: number;
  /** Per status, of the hosts that search and labels leave. */
  counts: StatusCounts;
  /** Hosts that all filters leave. */
  matching: number;
  page: number;
  pages: number;
  pageSize: number;
  headlines: HeadlineKey[];
  /** The headline of the rows' `recent`. */
  recentOf: HeadlineKey;
  recentStepMs: number;
  rows: HostRow[];
}

/** A label and how many hosts carry each of its values, the most common first. */
export interface LabelFacet {
  label: string;
  values: Array<{ value: string; hosts: number }>;
}

/** A metric of one host, as far as a panel needs to know it. */
export interface HostMetric {
  name: string;
  type: MetricType;
  unit: string;
  series: number;
  /** Labels that tell its series apart (core, device, mount …), with how many values each has. */
  dimensions: Array<{ label: string; values: number }>;
  lastSeen: number;
}

export interface HostDetail {
  now: number;
  row: HostRow;
  /** Timestamp of its oldest sample in memory; null when there is none. */
  since: number | null;
  metrics: HostMetric[];
}

/** A server as one cell: everything the overview of the whole fleet needs, in columns of equal length. */
export interface FleetMap {
  now: number;
  by: HeadlineKey | null;
  namesVersion: number;
  /** In the natural order; null when the asker has those of this version. */
  names: string[] | null;
  /** One letter a host: r, l, g. */
  statuses: string;
  /** Rounded to three digits; null without a current figure. */
  values: Array<number | null>;
}
