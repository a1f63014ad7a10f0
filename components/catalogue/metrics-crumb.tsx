import type { Route } from 'next';
import { Link } from '../ui/link';

/** Before the title of a page that belongs to the metrics: the way back to their list. */
export function MetricsCrumb() {
  return (
    <Link href={'/metrics' as Route} className="rounded font-normal text-ink-3 hover:text-ink">
      Metrics /{' '}
    </Link>
  );
}
