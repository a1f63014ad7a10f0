import { z } from 'zod';
import { defineTopic } from '@/lib/cluster/topics/topic';

/** Who looks at a page: a topic as a feature would add one, in a file of its own. */
export const presenceTopic = defineTopic(
  'presence',
  z.object({ page: z.string(), person: z.string(), isHere: z.boolean() }),
);
