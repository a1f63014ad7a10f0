'use client';

import type { FleetSummary } from '@/lib/model/fleet/answers';
import type { FleetEvent } from '@/lib/model/wire/fleet';
import { useTopic } from '../live/use-topic';
import { useRefreshOnChange } from './use-refresh-on-change';

/** Draws nothing: has the page made again when hosts or series have come that it was made without. */
export function GrowingFleet({ initial: { counts, series } }: { initial: FleetSummary }) {
  const madeOf = { hosts: counts.reporting + counts.late + counts.gone, series };
  const fleet = useTopic<FleetEvent>('fleet') ?? madeOf;
  useRefreshOnChange(shapeOf(madeOf), shapeOf(fleet));
  return null;
}

/** What decides which page there is: how many hosts, and of how many series. */
function shapeOf({ hosts, series }: Pick<FleetEvent, 'hosts' | 'series'>): string {
  return `${hosts}/${series}`;
}
