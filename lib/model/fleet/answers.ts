import { z } from 'zod';
import type { MetricType } from '../series';
import { HEADLINE_KEYS } from './headlines';
import { HOST_STATUSES } from './status';

/** What the fleet's questions are answered with. Times are epoch ms by the server's clock. */
const Time = z.number().meta({ description: 'Epoch milliseconds by the server', example: 1795200000000 });
const Headline = z.enum(HEADLINE_KEYS);
const StatusCounts = z.strictObject({ reporting: z.int(), late: z.int(), gone: z.int() });
export type StatusCounts = z.infer<typeof StatusCounts>;

const HostRow = z
  .strictObject({
    name: z.string(),
    status: z.enum(HOST_STATUSES).meta({
      description: 'late after 3 of its usual intervals (at least 15 s), gone after 10 (at least 5 minutes)',
    }),
    lastSeen: Time.meta({ description: 'Timestamp of its newest sample, 0 before the first' }),
    heardAt: Time.meta({
      description:
        'The latest time at which the host is known to have run; never later than its last post arrived',
    }),
    intervalMs: z
      .number()
      .nullable()
      .meta({ description: 'Its usual time between posts, null when not known yet' }),
    aheadMs: z.number().meta({ description: "How far its clock runs ahead of the server's" }),
    series: z.int(),
    labels: z.record(z.string(), z.string()),
    values: z
      .partialRecord(Headline, z.number())
      .meta({ description: 'The newest figures; a figure without a current value is absent' }),
    recent: z.array(z.number().nullable()).meta({
      description: 'The last ten minutes of one figure, oldest first; null where there was no sample',
    }),
  })
  .meta({ id: 'Host' });
export type HostRow = z.infer<typeof HostRow>;

export const FleetSummary = z
  .strictObject({
    now: Time,
    counts: StatusCounts,
    goneLastDay: z.int().meta({ description: 'Hosts that are gone and sent a sample within the last day' }),
    series: z.int(),
    intervalMs: z.number().nullable().meta({
      description: 'Nine of ten reporting hosts post at least this often; null while no interval is known',
    }),
    samplesPerSecond: z.number().nullable().meta({ description: 'Over the last ten complete seconds' }),
    arrivals: z
      .array(z.tuple([Time], z.number()))
      .meta({ description: 'Samples per second in [t, t + arrivalsStepMs), the last one still open' }),
    arrivalsStepMs: z.int(),
    headlines: z.array(Headline).meta({ description: 'Figures that at least one reporting host has' }),
    by: Headline.nullable().meta({
      description: 'What busiest and quietest are ranked by; null when no host has any figure',
    }),
    busiest: z.array(HostRow),
    quietest: z.array(HostRow),
    silent: z.array(HostRow).meta({ description: 'Late or gone, the most recent first' }),
  })
  .meta({ id: 'Fleet' });
export type FleetSummary = z.infer<typeof FleetSummary>;

export const HostsPage = z
  .strictObject({
    now: Time,
    total: z.int().meta({ description: 'Hosts in the fleet, before any filter' }),
    counts: StatusCounts.meta({ description: 'Of the hosts that q and match select' }),
    matching: z.int().meta({ description: 'Hosts that all filters select' }),
    page: z.int(),
    pages: z.int(),
    pageSize: z.int(),
    headlines: z.array(Headline),
    recentOf: Headline.meta({ description: "The figure of the rows' `recent`" }),
    recentStepMs: z.int(),
    rows: z.array(HostRow),
  })
  .meta({ id: 'Hosts' });
export type HostsPage = z.infer<typeof HostsPage>;

/** A server as one cell: everything the overview of the whole fleet needs, in columns of equal length. */
export const FleetMap = z
  .strictObject({
    now: Time,
    by: Headline.nullable(),
    namesVersion: z.int(),
    names: z
      .array(z.string())
      .nullable()
      .meta({ description: 'null when the client has those of this version' }),
    statuses: z.string().meta({ description: 'One letter a host: r, l, g' }),
    values: z
      .array(z.number().nullable())
      .meta({ description: 'Rounded to three digits; null without a current figure' }),
  })
  .meta({ id: 'FleetMap' });
export type FleetMap = z.infer<typeof FleetMap>;

const LabelFacet = z.strictObject({
  label: z.string(),
  values: z
    .array(z.strictObject({ value: z.string(), hosts: z.int() }))
    .meta({ description: 'How many hosts carry each of its values, the most common first' }),
});
export type LabelFacet = z.infer<typeof LabelFacet>;

export const FleetLabels = z.strictObject({ labels: z.array(LabelFacet) }).meta({ id: 'FleetLabels' });
export type FleetLabels = z.infer<typeof FleetLabels>;

/** A metric of one host, as far as a panel needs to know it. */
export interface HostMetric {
  name: string;
  type: MetricType;
  unit: string;
  series: number;
  /** Labels that distinguish its series (core, device, mount …), and how many values each has. */
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
