import { createHash } from 'node:crypto';
import { type Labels, labelsKey } from '../../model/labels';
import { SECOND } from '../../model/time/duration';
import type { StoredEvent } from '../../records/stored-event';
import type { IncomingSample } from '../ingest/sample';
import type { IncomingEvent } from './incoming-event';
import { type DerivedValue, deriveLabels } from './rules/derive';
import type { EventRules } from './rules/schema';

/** The label that tells series apart where more than a thousand events of the same labels share a second. */
const LANE = 'lane';

/**
 * What an event's samples share places with: a digest of their labels. Two sets of labels with one digest only leave
 * places unused.
 */
export function placeKeyOf(labels: Labels): string {
  return createHash('sha256').update(labelsKey(labels)).digest().readBigInt64BE(0).toString();
}

/**
 * The samples of a stored event. A sample is known by its series and its millisecond, and events of the same labels may
 * well share one. So each has a place in its second, which the database gives to no other event, whichever node asks,
 * and the same again when the event is sent again: the place is the millisecond, and from the thousandth event on also
 * the lane.
 */
export function samplesOf(
  rules: EventRules,
  event: IncomingEvent,
  values: readonly DerivedValue[],
  { ts, service, endpoint, place }: StoredEvent,
  index: number,
): IncomingSample[] {
  if (place === null) return [];
  const timestamp = Math.floor(ts / SECOND) * SECOND + (place % SECOND);
  const lane = Math.floor(place / SECOND);
  const own = deriveLabels(rules, { ...event, service, endpoint });
  const labels = lane === 0 ? own : { ...own, [LANE]: String(lane) };
  return values.map(({ rule: { metric: name, unit }, value }) => ({
    index,
    name,
    value,
    timestamp,
    labels,
    type: 'gauge',
    unit,
  }));
}
