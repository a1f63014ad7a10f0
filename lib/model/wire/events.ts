import { z } from 'zod';
import { LEVELS } from '../events';
import { Time } from './shared';

/** An event as it is read back. */
export const EventEntry = z
  .strictObject({
    key: z.string().meta({ description: 'Unique among the events that are kept' }),
    timestamp: Time,
    level: z.enum(LEVELS),
    service: z.string(),
    endpoint: z
      .string()
      .nullable()
      .meta({ description: 'As its metrics have it: what varies in the path is :id', example: '/users/:id' }),
    path: z.string().nullable().meta({ description: 'The endpoint as it was sent, where that differs' }),
    message: z.string(),
    duration: z.number().nullable().meta({ description: 'Milliseconds' }),
    status: z.int().nullable(),
    host: z.string().nullable(),
    traceId: z.string().nullable(),
    fields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type EventEntry = z.infer<typeof EventEntry>;

/** The body of `GET /api/events`. */
export const EventsAnswer = z
  .strictObject({
    events: z.array(EventEntry).meta({ description: 'The newest first' }),
    next: z
      .string()
      .nullable()
      .meta({ description: '`before` of the page after; null where there are no older ones' }),
    searchedTo: Time.nullable().meta({
      description: 'A filter was applied to so many events only; `next` goes on from there',
    }),
  })
  .meta({ id: 'Events' });
export type EventsAnswer = z.infer<typeof EventsAnswer>;

/** The topic `events`: events were stored, on whichever node. */
export const EventsStored = z.strictObject({ now: Time, stored: z.int().nonnegative() });
export type EventsStored = z.infer<typeof EventsStored>;
