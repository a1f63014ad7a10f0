'use client';

import type { FleetSummary } from '@/lib/model/fleet/answers';
import { SECOND } from '@/lib/model/time/duration';
import { usePoll } from './use-poll';
import { useRefreshOnChange } from './use-refresh-on-change';

const POLL_MS = 2 * SECOND;

/** Draws nothing: has the page made again when hosts or series have come that it was made without. */
export function GrowingFleet({ initial }: { initial: FleetSummary }) {
  const { answer } = usePoll<FleetSummary>({ url: '/api/fleet', initial, everyMs: POLL_MS });
  useRefreshOnChange(shapeOf(initial), shapeOf(answer));
  return null;
}

/** What decides which page there is: how many hosts, and of how many series. */
function shapeOf({ counts: { reporting, late, gone }, series }: FleetSummary): string {
  return `${reporting + late + gone}/${series}`;
}
