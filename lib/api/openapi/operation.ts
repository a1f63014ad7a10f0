import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { ERROR_STATUS, type ErrorCode } from '../../model/errors';
import { ErrorAnswer } from '../../model/wire/error';

type Responses = ZodOpenApiOperationObject['responses'];

/** The errors of every endpoint for viewers, by who asks and from where. */
export const FROM = ['forbidden', 'misdirected'] as const;
export const LOOK = ['unauthorized', 'rate_limited', ...FROM] as const;

export const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
export const ok = (description: string, schema: z.ZodType) => ({
  '200': { description, content: json(schema) },
});

/** The error answers of an operation, by status. */
export function refusals(...codes: ErrorCode[]): Responses {
  const statuses = [...new Set(codes.map((code) => ERROR_STATUS[code]))];
  return Object.fromEntries(
    statuses.map((status) => {
      const description = codes.filter((code) => ERROR_STATUS[code] === status).join(', ');
      const retryAfter = {
        'retry-after': z.string().meta({ description: 'Seconds to wait before trying again' }),
      };
      return [
        String(status),
        { description, content: json(ErrorAnswer), ...(status === 503 && { headers: z.object(retryAfter) }) },
      ];
    }),
  );
}
