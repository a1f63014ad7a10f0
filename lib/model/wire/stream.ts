import { z } from 'zod';
import { TIERS } from '../rollup/tiers';
import { AnyLabels, Time } from './shared';

/**
 * In group `labels`, the point at `t` is now `v`. Where groups are ranked over the whole range and their order has
 * changed, every group that is kept is sent with its `rank`, from 1; a group that is not sent is removed.
 */
const GroupUpserts = z.strictObject({
  labels: AnyLabels,
  points: z
    .array(z.tuple([Time], z.number().nullable()))
    .meta({ description: 'A point whose values are all null is removed' }),
  rank: z.int().min(1).optional().meta({
    description:
      'With rank=range, when the order has changed: the rank of the group; groups that are not in the event are removed',
  }),
});
export type GroupUpserts = z.infer<typeof GroupUpserts>;

/** `event: points`: what has changed in the answer to query `q`. */
export const PointsEvent = z
  .strictObject({
    q: z.int().min(0).meta({ description: 'The number of the query, from 0' }),
    series: z.array(GroupUpserts),
  })
  .meta({ id: 'PointsEvent' });
export type PointsEvent = z.infer<typeof PointsEvent>;

/** `event: status`: the state of the server. */
export const StatusEvent = z
  .strictObject({
    state: z.enum(['live', 'degraded']),
    tier: z.enum(TIERS).optional(),
    lagMs: z.number().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'StatusEvent' });
export type StatusEvent = z.infer<typeof StatusEvent>;

/** `event: reset`: the stream cannot go on from the cursor; history has to be read again. */
export const ResetEvent = z.strictObject({ reason: z.string() }).meta({ id: 'ResetEvent' });
export type ResetEvent = z.infer<typeof ResetEvent>;

/** `event: topic`: something has happened that the stream's reader subscribed to by the topic's name. */
export const TopicEvent = z
  .strictObject({
    topic: z.string().meta({ description: 'The name of the topic' }),
    data: z.unknown().meta({ description: 'The event, of the schema of its topic' }),
  })
  .meta({ id: 'TopicEvent' });
export type TopicEvent = z.infer<typeof TopicEvent>;

/** Every event of the stream: its name, and the shape of its data. */
export const STREAM_EVENTS = {
  points: PointsEvent,
  status: StatusEvent,
  reset: ResetEvent,
  topic: TopicEvent,
};
export type StreamEventName = keyof typeof STREAM_EVENTS;
export type StreamEventData<Name extends StreamEventName> = z.infer<(typeof STREAM_EVENTS)[Name]>;
