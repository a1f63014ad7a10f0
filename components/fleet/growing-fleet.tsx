'use client';

import type { FleetSummary } from '@/lib/model/fleet/answers';
import type { FleetEvent } from '@/lib/model/wire/fleet';
import { useTopic } from '../live/use-topic';
import { useRefreshOnChange } from './use-refresh-on-change';

/** Draws nothing: has the server render the page again when there are new hosts or series. */
export function GrowingFleet({ initial: { counts, series } }: { initial: FleetSummary }) {
  const madeOf = { hosts: counts.reporting + counts.late + counts.gone, series };
  const fleet = useTopic<FleetEvent>('fleet') ?? madeOf;
  useRefreshOnChange(shapeOf(madeOf), shapeOf(fleet));
  return null;
}

/** The numbers of hosts and series, which decide what the page shows. */
function shapeOf({ hosts, series }: Pick<FleetEvent, 'hosts' | 'series'>): string {
  return `${hosts}/${series}`;
}
