import { defineTopic } from '../../cluster/topics/topic';
import type { Topics } from '../../cluster/topics/topics';
import { SECOND } from '../../model/time/duration';
import { FleetEvent } from '../../model/wire/fleet';

/** Published when pages of hosts should be read again. */
export const fleetTopic = defineTopic('fleet', FleetEvent);

/** Rates and ages change every second, whether or not samples arrive. */
const EVERY_MS = SECOND;

/**
 * Publishes the size of the fleet to this node's subscribers while there are any. Each node does so for its own.
 * @returns the off-switch.
 */
export function publishFleet(topics: Topics, readSize: () => FleetEvent): () => void {
  return topics.whileSubscribed(fleetTopic, () => {
    const timer = setInterval(() => topics.publishLocally(fleetTopic, readSize()), EVERY_MS);
    return () => clearInterval(timer);
  });
}
