import type { Route } from 'next';
import { EVERY_HOST, formatHostsQuery } from '@/lib/model/fleet/hosts-query';
import type { Labels } from '@/lib/model/labels';
import { Link } from '../ui/link';

/** The labels of a host, each with a link to the hosts that share it. */
export function HostLabels({ labels }: { labels: Labels }) {
  return (
    <ul className="flex flex-wrap gap-1">
      {Object.entries(labels).map(([label, value]) =>
        label === 'host' ? null : (
          <li key={label}>
            <Link
              href={hostsWith(label, value)}
              title={`All hosts with ${label} ${value}`}
              className="inline-flex h-5 items-center rounded bg-sunken px-1.5 text-2xs text-ink-2 hover:text-ink hover:underline"
            >
              <span className="text-ink-3">{label}</span>&nbsp;{value}
            </Link>
          </li>
        ),
      )}
    </ul>
  );
}

function hostsWith(label: string, value: string): Route {
  const query = formatHostsQuery({ ...EVERY_HOST, matchers: [{ label, operator: '=', value }] });
  return `/hosts?${query}` as Route;
}
