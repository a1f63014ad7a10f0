import { fleetTopic } from '../read/fleet/fleet-topic';
import { clientsTopic } from '../write/clients/clients-topic';
import { eventsTopic } from '../write/events/events-topic';
import type { StreamTopic } from './streams/stream-params';

/** The topics that a stream may subscribe to: a line each. */
export const STREAM_TOPICS: readonly StreamTopic[] = [fleetTopic, eventsTopic, clientsTopic];
