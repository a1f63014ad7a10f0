import { z } from 'zod';
import type { FleetMap, FleetSummary, HostRow, HostsPage, LabelFacet } from '../../read/fleet/answers';
import { HEADLINE_KEYS } from '../../read/fleet/headlines';
import { HOST_STATUSES } from '../../read/fleet/status';

/** What the API answers about hosts, for machines. Each schema is held against the type it describes. */
const Time = z.number().meta({ description: 'Epoch milliseconds by the server', example: 1795200000000 });
const Headline = z.enum(HEADLINE_KEYS);
const Counts = z.strictObject({ reporting: z.int(), late: z.int(), gone: z.int() });

const Host = z
  .strictObject({
    name: z.string(),
    status: z.enum(HOST_STATUSES).meta({
      description: 'late after 3 of its usual intervals (15 s at least), gone after 10 (5 minutes at least)',
    }),
    lastSeen: Time.meta({ description: 'Timestamp of its newest sample, 0 before the first' }),
    heardAt: Time.meta({
      description: 'Until when it is known to have been alive: never later than it was heard',
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
      .meta({ description: 'The newest figures; absent: none that is current' }),
    recent: z.array(z.number().nullable()).meta({
      description: 'The last ten minutes of one figure, oldest first; null where there was no sample',
    }),
  })
  .meta({ id: 'Host' }) satisfies z.ZodType<HostRow>;

export const FleetAnswer = z
  .strictObject({
    now: Time,
    counts: Counts,
    goneLastDay: z.int(),
    series: z.int(),
    intervalMs: z.number().nullable(),
    samplesPerSecond: z.number().nullable().meta({ description: 'Over the last ten complete seconds' }),
    arrivals: z
      .array(z.tuple([Time], z.number()))
      .meta({ description: 'Samples per second in [t, t + arrivalsStepMs), the last one still open' }),
    arrivalsStepMs: z.int(),
    headlines: z.array(Headline).meta({ description: 'Figures that some reporting host has' }),
    by: Headline.nullable(),
    busiest: z.array(Host),
    quietest: z.array(Host),
    silent: z.array(Host).meta({ description: 'Late or gone, the most recent first' }),
  })
  .meta({ id: 'Fleet' }) satisfies z.ZodType<FleetSummary>;

export const HostsAnswer = z
  .strictObject({
    now: Time,
    total: z.int(),
    counts: Counts.meta({ description: 'Of the hosts that q and match leave' }),
    matching: z.int(),
    page: z.int(),
    pages: z.int(),
    pageSize: z.int(),
    headlines: z.array(Headline),
    recentOf: Headline,
    recentStepMs: z.int(),
    rows: z.array(Host),
  })
  .meta({ id: 'Hosts' }) satisfies z.ZodType<HostsPage>;

export const FleetMapAnswer = z
  .strictObject({
    now: Time,
    by: Headline.nullable(),
    namesVersion: z.int(),
    names: z
      .array(z.string())
      .nullable()
      .meta({ description: 'null when the asker has those of this version' }),
    statuses: z.string().meta({ description: 'One letter a host: r, l, g' }),
    values: z.array(z.number().nullable()),
  })
  .meta({ id: 'FleetMap' }) satisfies z.ZodType<FleetMap>;

export const FleetLabelsAnswer = z
  .strictObject({
    labels: z.array(
      z.strictObject({
        label: z.string(),
        values: z.array(z.strictObject({ value: z.string(), hosts: z.int() })),
      }) satisfies z.ZodType<LabelFacet>,
    ),
  })
  .meta({ id: 'FleetLabels' });
