import type { HostRow } from '@/lib/model/fleet/answers';
import { hostHref } from '@/lib/model/links';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';
import { StatusMark } from './status-mark';

/** A host's status and name, leading to its page. */
export function HostName({
  host,
  className,
}: {
  host: Pick<HostRow, 'name' | 'status'>;
  className?: string;
}) {
  return (
    <span className={cn('flex min-w-0 items-center gap-2', className)}>
      <StatusMark status={host.status} />
      <Link
        href={hostHref(host.name)}
        title={host.name}
        className="truncate rounded font-medium text-ink hover:underline"
      >
        {host.name}
      </Link>
    </span>
  );
}
