import { z } from 'zod';
import { AnyLabels, Time } from './shared';

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

/** The body of `GET /api/targets`: what is scraped, as SCRAPE_CONFIG says. */
export const TargetsAnswer = z
  .strictObject({
    targets: z.array(
      z.strictObject({
        url: z.string(),
        labels: AnyLabels.meta({ description: 'What each of its samples has: job, instance, and others' }),
        health: z
          .enum(['unknown', 'up', 'down'])
          .meta({ description: 'unknown: not scraped yet, or scraped by another node' }),
        lastScrape: Time.nullable(),
        durationMs: z.number(),
        samples: z.int().meta({ description: 'Of the last scrape' }),
        error: z.string().nullable().meta({ description: 'Why it is down' }),
      }),
    ),
  })
  .meta({ id: 'Targets' });
export type TargetsAnswer = z.infer<typeof TargetsAnswer>;

/** The body of `GET /api/ready`. */
export const ReadyAnswer = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' });
export type ReadyAnswer = z.infer<typeof ReadyAnswer>;
