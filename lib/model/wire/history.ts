import { z } from 'zod';
import { TIERS } from '../rollup/tiers';
import { METRIC_TYPES } from '../series';
import { ErrorAnswer } from './error';
import { AnyLabels, Time } from './shared';

const NOTE_CODES = ['no_predecessor', 'unmatched_groups'] as const;

/** What a person should know of an answer. */
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
      '[t, value, …], ascending, a value for each aggregate; a missing point is left out. Null only where several aggregates were asked for and this one cannot be told there: no sample before for a rate, raw samples gone for a percentile. A sum beyond float64 is told as the last number it has, ±1.7976931348623157e308',
  }),
});

/** The answer to a question: the body of `GET /api/metrics/{name}`. */
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
    notes: z.array(Note).optional().meta({
      description:
        'What a person should know of the answer. no_predecessor: samples are in the range, but a rate, increase or delta needs two of a series, at most 14 days apart. unmatched_groups: groups of a have none of b to calculate with. Absent when there is nothing to say',
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
