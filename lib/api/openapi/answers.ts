import { z } from 'zod';
import { ERROR_STATUS, type ErrorCode } from '../../model/errors';
import { LIMITS } from '../../model/limits';
import { TIERS } from '../../model/rollup/tiers';
import { METRIC_TYPES } from '../../model/series';
import { NOTE_CODES } from '../../read/query/notes';
import { SAMPLE_ERRORS, type SampleErrorCode } from '../../write/ingest/sample';

/** What the API answers, for machines. The contract suite holds real answers against these. */
const Time = z.int().meta({ description: 'Epoch milliseconds', example: 1795200000000 });
const LastSeen = Time.nullable().meta({
  description: 'Timestamp of the newest sample, null before the first',
});
const AnyLabels = z.record(z.string(), z.string()).meta({ example: { region: 'eu' } });

export const ErrorAnswer = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string().meta({ description: 'What to do about it' }),
      details: z.array(z.unknown()),
    }),
  })
  .meta({ id: 'Error' });

export const IngestAnswer = z
  .strictObject({
    accepted: z.int().min(0).meta({ description: 'Samples of this body that are committed now' }),
    duplicates: z
      .int()
      .min(0)
      .meta({ description: 'How many of them were there already; the first value stays' }),
    rejected: z.int().min(0),
    errors: z
      .array(
        z.strictObject({
          index: z.int().min(0).meta({ description: 'Place of the sample in the body, from 0' }),
          path: z.string().meta({ example: 'value' }),
          code: z.enum(Object.keys(SAMPLE_ERRORS) as [SampleErrorCode, ...SampleErrorCode[]]),
          message: z.string(),
        }),
      )
      .max(LIMITS.errorsListed)
      .optional(),
  })
  .meta({ id: 'Ack' });

export const CatalogueAnswer = z
  .strictObject({
    metrics: z.array(
      z.strictObject({
        name: z.string(),
        type: z.enum(METRIC_TYPES),
        unit: z.string(),
        series: z.int(),
        labels: z.array(z.string()),
        lastSeen: LastSeen,
      }),
    ),
    next: z.string().nullable().meta({ description: 'Hand it back as cursor for the next page' }),
  })
  .meta({ id: 'Catalogue' });

export const SeriesAnswer = z
  .strictObject({
    series: z.array(z.strictObject({ metric: z.string(), labels: AnyLabels, lastSeen: LastSeen })),
    next: z.string().nullable(),
  })
  .meta({ id: 'SeriesList' });

export const HistoryAnswer = z
  .strictObject({
    metric: z.string(),
    type: z.enum(METRIC_TYPES),
    unit: z.string(),
    aggregate: z.string().meta({ description: 'As asked, several comma separated: the order of values' }),
    step: z.union([z.int(), z.string().regex(/^(day|week|month|\d+d)$/)]).meta({
      description:
        'Width of a point in ms; or of a calendar, where a timezone, a week or a month was asked for: day, 2d, week, month',
    }),
    timezone: z.string().optional().meta({ description: 'Whose midnights begin steps of a calendar' }),
    expression: z.string().optional().meta({
      description: 'What was made of a and b; metric, type and aggregate are those of a, and no unit is told',
    }),
    tier: z.enum(TIERS).meta({ description: 'Where the answer was read' }),
    start: Time,
    end: Time,
    cursor: Time.meta({ description: 'Everything before it is in the answer; hand it to the live stream' }),
    degraded: z
      .strictObject({ reason: z.literal('database_unavailable'), completeFrom: Time })
      .optional()
      .meta({
        description:
          'The database is away: points before completeFrom are what the cache has, there may be gaps',
      }),
    notes: z
      .array(
        z.strictObject({
          code: z.enum(NOTE_CODES),
          message: z.string().meta({ description: 'A sentence for people' }),
        }),
      )
      .optional()
      .meta({
        description:
          'What a person should know of the answer. no_predecessor: samples are in the range, but a rate, increase or delta needs two of a series, at most 14 days apart. unmatched_groups: groups of a have none of b to calculate with. Absent when there is nothing to say',
      }),
    series: z.array(
      z.strictObject({
        labels: AnyLabels,
        points: z.array(z.tuple([Time], z.number().nullable())).meta({
          description:
            '[t, value, …], ascending, a value for each aggregate; a missing point is left out. Null only where several aggregates were asked for and this one cannot be told there: no sample before for a rate, raw samples gone for a percentile. A sum beyond float64 is told as the last number it has, ±1.7976931348623157e308',
        }),
      }),
    ),
  })
  .meta({ id: 'History' });

export const QueryAnswer = z
  .strictObject({ results: z.array(z.union([HistoryAnswer, ErrorAnswer])) })
  .meta({ id: 'Results' });

export const HealthAnswer = z
  .strictObject({
    status: z.literal('ok'),
    phase: z.enum(['starting', 'ready', 'failed']),
    engine: z.enum(['postgres', 'timescale']).nullable(),
    engineReason: z.string().nullable().meta({ description: 'Why this engine, for people.' }),
    bus: z.enum(['memory', 'redis', 'upstash']).nullable(),
    version: z.string(),
    uptimeSeconds: z.int(),
  })
  .meta({ id: 'Health' });

export const ReadyAnswer = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' });
