import { fleetTopic } from '../read/fleet/fleet-topic';
import type { StreamTopic } from './streams/stream-params';

/** The topics that whoever may look can subscribe to on a stream: a line each. */
export const STREAM_TOPICS: readonly StreamTopic[] = [fleetTopic];
