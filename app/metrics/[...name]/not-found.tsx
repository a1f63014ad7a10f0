import type { Route } from 'next';
import { UnknownMetric } from '@/components/explorer/unknown-metric';
import { PageHeader } from '@/components/shell/page-header';
import { Link } from '@/components/ui/link';

export default function MetricNotFound() {
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <PageHeader title="There is no such metric yet" />
      <UnknownMetric />
      <p className="text-sm text-ink-2">
        Or look at{' '}
        <Link href={'/metrics' as Route} className="rounded text-accent underline underline-offset-2">
          the metrics there are
        </Link>
        .
      </p>
    </div>
  );
}
