import { z } from 'zod';
import { TIERS } from '../rollup/tiers';
import { METRIC_TYPES } from '../series';
import { ErrorAnswer } from './error';
import { AnyLabels, Time } from './shared';

const NOTE_CODES = ['no_predecessor', 'unmatched_groups'] as const;

/** A note about an answer, for people. */
export const Note = z.strictObject({
  code: z.enum(NOTE_CODES),
  message: z.string().meta({ description: 'A sentence for people' }),
});
export type Note = z.infer<typeof Note>;

/** One group: the labels it is grouped by and its points. A `GroupPoints`. */
const Group = z.strictObject({
  labels: AnyLabels,
  points: z.array(z.tuple([Time], z.number().nullable())).meta({
    description:
      '[t, value, …], ascending, a value for each aggregate; a missing point is left out. Null only where several aggregates were asked for and this one cannot be computed: a rate without an earlier sample, a percentile whose raw samples are deleted. A sum beyond float64 is the largest number that float64 has, ±1.7976931348623157e308',
  }),
});

/** The answer to a question: the body of `GET /api/metrics/{name}`. */
export const HistoryAnswer = z
  .strictObject({
    metric: z.string(),
    type: z.enum(METRIC_TYPES),
    unit: z.string(),
    aggregate: z
      .string()
      .meta({ description: 'As requested; several are comma separated, in the order of the values' }),
    step: z.union([z.int(), z.string().regex(/^(day|week|month|\d+d)$/)]).meta({
      description:
        'Width of a point in ms; day, 2d, week or month where a timezone, a week or a month was asked for',
    }),
    timezone: z.string().optional().meta({ description: 'The time zone of days, weeks and months' }),
    expression: z.string().optional().meta({
      description:
        'What was computed from a and b. Metric, type and aggregate are those of a; the unit is empty',
    }),
    tier: z.enum(TIERS).meta({ description: 'Where the answer was read' }),
    start: Time,
    end: Time,
    cursor: Time.meta({
      description: 'The answer has every sample that was committed before it; the cursor for the live stream',
    }),
    degraded: z
      .strictObject({ reason: z.literal('database_unavailable'), completeFrom: Time })
      .optional()
      .meta({
        description:
          'The database is unavailable: points before completeFrom come from the cache and may have gaps',
      }),
    notes: z.array(Note).optional().meta({
      description:
        'Notes about the answer, absent when there are none. no_predecessor: the range has samples, but a rate, increase or delta needs two samples of a series, at most 14 days apart. unmatched_groups: groups of a have no group of b with the same labels',
    }),
    series: z.array(Group),
  })
  .meta({ id: 'History' });
/**
 * `start` and `end` are where a step begins, `end` exclusive. `cursor` is the server's time: where a live stream takes
 * over. `series` are in the order of their labels, or of their rank; groups without points are left out.
 */
export type HistoryAnswer = z.infer<typeof HistoryAnswer>;

/** The body of `POST /api/query`: a result or an error each, in the order of the queries. */
export const ResultsAnswer = z
  .strictObject({ results: z.array(z.union([HistoryAnswer, ErrorAnswer])) })
  .meta({ id: 'Results' });

/** The result of a query. Errors travel as values: a rejected promise loses its message on the way to a browser. */
export type QueryResult = HistoryAnswer | ErrorAnswer;
