import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatClock } from '@/lib/model/format';
import type { Polled } from '../live/poller';

/** A line about the page that gives way to a warning when what is shown is getting old. Same height either way. */
export function FreshnessNote({
  polled: { problem, receivedAt },
  children,
}: {
  polled: Pick<Polled<unknown>, 'problem' | 'receivedAt'>;
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
