import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatClock } from '@/lib/model/format-time';
import type { Kept } from '../live/kept-answer';

/** A line about the page, replaced by a warning of the same height when the page is out of date. */
export function FreshnessNote({
  kept: { problem, receivedAt },
  children,
}: {
  kept: Pick<Kept<unknown>, 'problem' | 'receivedAt'>;
  children: ReactNode;
}) {
  return (
    <span role="status" aria-live={problem ? 'polite' : 'off'} className="block sm:truncate">
      {problem ? (
        <span className="text-warn" title={problem}>
          <TriangleAlert aria-hidden className="mr-1 inline size-3.5 align-[-2px]" />
          Not updated{receivedAt !== null && ` since ${formatClock(receivedAt)}`}. {problem} Trying again.
        </span>
      ) : (
        children
      )}
    </span>
  );
}
