import { z } from 'zod';
import { BUS_VERSION } from '../bus/message';

/** An event on its way to other nodes: who sent it, and what its topic's schema describes. */
const TopicMessage = z.object({ v: z.literal(BUS_VERSION), n: z.string().min(1).max(64), e: z.unknown() });
export type TopicMessage = z.output<typeof TopicMessage>;

export function encodeTopicMessage(node: string, event: unknown): string {
  return JSON.stringify({ v: BUS_VERSION, n: node, e: event } satisfies TopicMessage);
}

/** Anything may come in from a shared Redis; this never throws. @returns null for what is no event of this version. */
export function decodeTopicMessage(text: string): TopicMessage | null {
  try {
    return TopicMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
