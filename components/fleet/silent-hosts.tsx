import type { Route } from 'next';
import type { FleetSummary } from '@/lib/model/fleet/answers';
import { formatCount } from '@/lib/model/format';
import { formatSpan } from '@/lib/model/format-time';
import { Link } from '../ui/link';
import { HostName } from './host-name';

/** Hosts that fell silent, the most recent first. */
export function SilentHosts({ summary: { silent, counts, now } }: { summary: FleetSummary }) {
  const total = counts.late + counts.gone;
  if (total === 0) {
    return <p className="py-2 text-sm text-ink-3">Every host reports as often as it usually does.</p>;
  }
  return (
    <>
      <ol>
        {silent.map((host) => (
          <li key={host.name} className="flex h-9 items-center justify-between gap-3">
            <HostName host={host} />
            <span className="shrink-0 text-xs text-ink-3">
              {host.heardAt === 0 ? 'no sample yet' : `silent for ${formatSpan(now - host.heardAt)}`}
            </span>
          </li>
        ))}
      </ol>
      {total > silent.length && (
        <Link
          href={'/hosts?status=late,gone&sort=-seen' as Route}
          className="mt-1 inline-block rounded text-xs text-accent hover:underline"
        >
          All {formatCount(total)}
        </Link>
      )}
    </>
  );
}
