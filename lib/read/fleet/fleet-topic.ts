import { defineTopic } from '../../cluster/topics/topic';
import type { Topics } from '../../cluster/topics/topics';
import { SECOND } from '../../model/time/duration';
import { FleetEvent } from '../../model/wire/fleet';

/** Tells that what pages of hosts show has moved. */
export const fleetTopic = defineTopic('fleet', FleetEvent);

/** Figures, rates and the ages of hosts move by the second, whether or not something arrives. */
const EVERY_MS = SECOND;

/**
 * Tells this node's subscribers of the fleet, while there are any. Other nodes hear the same samples, and tell theirs.
 * @returns the off-switch.
 */
export function tellOfFleet(topics: Topics, look: () => FleetEvent): () => void {
  return topics.whileSubscribed(fleetTopic, () => {
    const timer = setInterval(() => topics.deliver(fleetTopic, look()), EVERY_MS);
    return () => clearInterval(timer);
  });
}
