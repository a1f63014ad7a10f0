import { z } from 'zod';
import { LIMITS } from '../../model/limits';
import { SAMPLE_ERRORS, type SampleErrorCode } from '../../write/ingest/sample';

/** The body of an answer to samples. */
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
