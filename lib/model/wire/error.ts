import { z } from 'zod';
import { ERROR_STATUS, type ErrorCode, type PulseError } from '../errors';

/** What every refusal is answered with. */
export const ErrorAnswer = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string().meta({ description: 'What to do about it' }),
      details: z.array(z.unknown()),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

export function errorAnswer({ code, message, details }: PulseError): ErrorAnswer {
  return { error: { code, message, details: [...details] } };
}
