import type { Route } from 'next';
import { UnknownHost } from '@/components/fleet/unknown-host';
import { PageHeader } from '@/components/shell/page-header';
import { Link } from '@/components/ui/link';

export default function HostNotFound() {
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <PageHeader
        title="There is no such host yet"
        note="A host is there as soon as one sample carries its name."
      />
      <UnknownHost />
      <p className="text-sm text-ink-2">
        Or look at{' '}
        <Link href={'/hosts' as Route} className="rounded text-accent underline underline-offset-2">
          the hosts there are
        </Link>
        .
      </p>
    </div>
  );
}
