import { z } from 'zod';
import { LEVELS } from '../../../model/events';
import { LABEL_NAME } from '../../../model/labels';
import { LIMITS } from '../../../model/limits';
import { METRIC_NAME } from '../../../model/series';

/** What rules may look at: an event's own fields, or a further one as `fields.NAME`. */
export const EventField = z.union([
  z.enum(['service', 'endpoint', 'host', 'status', 'duration', 'level', 'message']),
  z.templateLiteral(['fields.', z.string().min(1).max(64)]),
]);
export type EventField = z.infer<typeof EventField>;

const Text = z.string().max(256);

/** What is true of an event, or not. */
export const Condition = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('present'), field: EventField }),
  z.strictObject({ is: z.literal('atLeast'), field: EventField, value: z.number() }),
  z.strictObject({
    is: z.literal('oneOf'),
    field: EventField,
    values: z
      .array(z.union([Text, z.number()]))
      .min(1)
      .max(100),
  }),
  z.strictObject({ is: z.literal('levelFrom'), level: z.enum(LEVELS) }),
]);
export type Condition = z.infer<typeof Condition>;

/** The value of an event's sample; an event that has none gets no sample. */
const Value = z.discriminatedUnion('of', [
  z.strictObject({ of: z.literal('one') }),
  z.strictObject({ of: z.literal('field'), field: EventField }),
  /** 1 where any of the conditions is true, otherwise 0: its average is a share. */
  z.strictObject({ of: z.literal('share'), any: z.array(Condition).min(1).max(16) }),
]);

const MetricRule = z.strictObject({
  metric: z.string().max(LIMITS.metricNameLength).regex(METRIC_NAME),
  unit: z.string().max(LIMITS.unitLength),
  /** Only of events of which one of these is true. */
  when: z.array(Condition).min(1).max(16),
  value: Value,
});
export type MetricRule = z.infer<typeof MetricRule>;

const Label = z.strictObject({
  label: z
    .string()
    .max(LIMITS.labelNameLength)
    .regex(LABEL_NAME)
    // This one tells apart what came in one millisecond.
    .refine((label) => label !== 'lane' && label !== '__proto__', 'is taken'),
  field: EventField,
});

/** How events become samples: every event one of each metric at most, with these labels. */
export const EventRules = z
  .strictObject({
    labels: z.array(Label).min(1).max(8),
    metrics: z.array(MetricRule).min(1).max(32),
  })
  .refine(({ metrics }) => new Set(metrics.map(({ metric }) => metric)).size === metrics.length, {
    error: 'every metric once',
    path: ['metrics'],
  })
  .refine(({ labels }) => new Set(labels.map(({ label }) => label)).size === labels.length, {
    error: 'every label once',
    path: ['labels'],
  });
export type EventRules = z.infer<typeof EventRules>;
