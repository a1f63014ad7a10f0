import { z } from 'zod';

/** The body of `GET /api/health`. */
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
export type HealthAnswer = z.infer<typeof HealthAnswer>;

/** The body of `GET /api/ready`. */
export const ReadyAnswer = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' });
export type ReadyAnswer = z.infer<typeof ReadyAnswer>;
