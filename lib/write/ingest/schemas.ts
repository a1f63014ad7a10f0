import { z } from 'zod';
import { LABEL_NAME } from '../../model/labels';
import { LIMITS } from '../../model/limits';
import { METRIC_NAME, METRIC_TYPES } from '../../model/series';
import { SAMPLE_ERRORS, type SampleErrorCode } from './sample';

/**
 * The JSON that an agent may send: these schemas explain a refusal, and OpenAPI shows them. The hot path accepts
 * plainly valid samples by hand (`json.ts`, `admission.ts`); a property test shows that both agree.
 */
const MetricName = z
  .string(SAMPLE_ERRORS.bad_name)
  .max(LIMITS.metricNameLength, SAMPLE_ERRORS.bad_name)
  .regex(METRIC_NAME, SAMPLE_ERRORS.bad_name)
  .meta({ example: 'cpu_usage_percent' });

const LabelName = z
  .string()
  .max(LIMITS.labelNameLength, SAMPLE_ERRORS.bad_label)
  .regex(LABEL_NAME, SAMPLE_ERRORS.bad_label)
  .refine((name) => name !== '__proto__', SAMPLE_ERRORS.bad_label);

const LabelValue = z
  .string(SAMPLE_ERRORS.bad_label)
  .max(LIMITS.labelValueLength, SAMPLE_ERRORS.bad_label)
  .refine((value) => !value.includes('\0') && value.isWellFormed(), SAMPLE_ERRORS.bad_label);

export const LabelSet = z
  .record(LabelName, LabelValue, SAMPLE_ERRORS.bad_label)
  .refine((labels) => Object.keys(labels).length <= LIMITS.labelsPerSeries, SAMPLE_ERRORS.too_many_labels)
  .meta({ id: 'Labels', example: { host: 'web-1', region: 'eu' } });

export const Timestamp = z
  .union(
    [
      z
        .number()
        .refine(Number.isInteger, SAMPLE_ERRORS.bad_timestamp)
        .meta({ type: 'integer', format: 'int64' }),
      z.iso.datetime({ offset: true, error: SAMPLE_ERRORS.bad_timestamp }),
    ],
    SAMPLE_ERRORS.bad_timestamp,
  )
  .meta({
    description: 'Epoch milliseconds (or what ?precision= says), or ISO 8601 with a zone. Default: now.',
    example: 1795200000000,
  });

export const Sample = z
  .object(
    {
      name: MetricName,
      value: z.number(SAMPLE_ERRORS.not_finite).meta({ example: 41.5 }),
      timestamp: Timestamp.optional(),
      labels: LabelSet.optional(),
      type: z.enum(METRIC_TYPES, `type must be one of ${METRIC_TYPES.join(', ')}`).optional(),
      unit: z
        .string(`unit must be a string of at most ${LIMITS.unitLength} characters`)
        .max(LIMITS.unitLength, `unit must be a string of at most ${LIMITS.unitLength} characters`)
        .refine((unit) => !unit.includes('\0') && unit.isWellFormed(), 'unit must be text without NUL')
        .optional(),
    },
    SAMPLE_ERRORS.bad_sample,
  )
  .meta({ id: 'Sample' });
export type Sample = z.infer<typeof Sample>;

/** What the samples of a batch inherit. */
export const BatchHead = z.object({
  host: LabelValue.optional().meta({
    description: 'The label `host` of every sample without one.',
    example: 'web-1',
  }),
  timestamp: Timestamp.optional(),
  labels: LabelSet.optional(),
});

export type BatchHead = z.infer<typeof BatchHead>;

export const Batch = BatchHead.extend({ samples: z.array(Sample).max(LIMITS.samplesPerJsonBody) }).meta({
  id: 'Batch',
});
export type Batch = z.infer<typeof Batch>;

export const IngestBody = z.union([Sample, z.array(Sample).max(LIMITS.samplesPerJsonBody), Batch]);

/** The answer to it. */
export const IngestAnswer = z
  .strictObject({
    accepted: z.int().min(0).meta({ description: 'Samples of this body that are committed now' }),
    duplicates: z
      .int()
      .min(0)
      .meta({ description: 'Of those, how many were stored before; the first value stays' }),
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
