import type { z } from 'zod';

/**
 * A named subject of events, each of the schema's shape. Subscribers on every node receive an event; it may be lost
 * on the way, so it is a hint, and what it is about is read from where it is kept.
 */
export interface Topic<Event> {
  /** As in a URL and in the name of a channel. */
  readonly name: string;
  readonly schema: z.ZodType<Event>;
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** @param name lower-case letters, digits and hyphens. */
export function defineTopic<Event>(name: string, schema: z.ZodType<Event>): Topic<Event> {
  if (!NAME.test(name)) throw new Error(`"${name}" cannot be the name of a topic.`);
  return { name, schema };
}
