import { z } from 'zod';
import { METRIC_TYPES } from '../series';
import { AnyLabels, Time } from './shared';

const LastSeen = Time.nullable().meta({
  description: 'Timestamp of the newest sample, null before the first',
});

const MetricEntry = z.strictObject({
  name: z.string(),
  type: z.enum(METRIC_TYPES),
  unit: z.string(),
  series: z.int().meta({ description: 'How many' }),
  labels: z.array(z.string()).meta({ description: 'Label names that any of them has, sorted' }),
  lastSeen: LastSeen,
});
export type MetricEntry = z.infer<typeof MetricEntry>;

/** A page of metrics: the body of `GET /api/metrics`. */
export const CatalogueAnswer = z
  .strictObject({
    metrics: z.array(MetricEntry),
    next: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last' }),
  })
  .meta({ id: 'Catalogue' });
export type CatalogueAnswer = z.infer<typeof CatalogueAnswer>;

const SeriesEntry = z.strictObject({ metric: z.string(), labels: AnyLabels, lastSeen: LastSeen });
export type SeriesEntry = z.infer<typeof SeriesEntry>;

/** A page of series: the body of `GET /api/series`. */
export const SeriesAnswer = z
  .strictObject({ series: z.array(SeriesEntry), next: z.string().nullable() })
  .meta({ id: 'SeriesList' });
export type SeriesAnswer = z.infer<typeof SeriesAnswer>;
