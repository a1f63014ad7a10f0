import type { Metadata, Route } from 'next';
import { connection } from 'next/server';
import { PageHeader } from '@/components/shell/page-header';
import { KeepFresh } from '@/components/status/keep-fresh';
import { StatusCard } from '@/components/status/status-card';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Link } from '@/components/ui/link';
import { requireViewer } from '@/lib/api/page-viewer';
import { collectFamilies } from '@/lib/api/self/collect';
import { statusOf } from '@/lib/api/self/status';
import { env } from '@/lib/env';

export const metadata: Metadata = { title: 'Status' };

/** What this server says of itself: the figures of `GET /metrics`, for people. */
export default async function StatusPage() {
  await requireViewer();
  await connection();
  const { verdict, sections } = statusOf(collectFamilies());
  return (
    <div className="flex flex-col gap-4">
      <KeepFresh />
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2">
            Status
            <Badge tone={verdict.isWell ? 'good' : 'bad'} role="status">
              {verdict.text}
            </Badge>
          </span>
        }
        note="What this server says of itself since its start, every 3 s anew."
      >
        {env().SELF_METRICS === 'on' && (
          <Button asChild>
            <Link href={'/metrics?search=pulseboard_' as Route}>As charts</Link>
          </Button>
        )}
      </PageHeader>
      <div className="columns-1 gap-3 lg:columns-2">
        {sections.map((section) => (
          <StatusCard key={section.title} {...section} />
        ))}
      </div>
    </div>
  );
}
