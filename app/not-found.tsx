import type { Route } from 'next';
import { PageHeader } from '@/components/shell/page-header';
import { Button } from '@/components/ui/button';
import { Link } from '@/components/ui/link';

export default function NotFound() {
  return (
    <div className="flex max-w-2xl flex-col items-start gap-4 py-6">
      <PageHeader
        title="There is nothing at this address"
        note="The link may be old, or a name in it misspelt."
      />
      <div className="flex gap-2">
        <Button asChild look="primary">
          <Link href={'/' as Route}>To the fleet</Link>
        </Button>
        <Button asChild>
          <Link href={'/metrics' as Route}>To the metrics</Link>
        </Button>
      </div>
    </div>
  );
}
