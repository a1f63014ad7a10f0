import type { Metadata, Route } from 'next';
import { connection } from 'next/server';
import { settledWithin } from '@/components/panels/settled-within';
import { PageHeader } from '@/components/shell/page-header';
import { KeepFresh } from '@/components/status/keep-fresh';
import { StatusCard } from '@/components/status/status-card';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Link } from '@/components/ui/link';
import { requireViewer } from '@/lib/api/page-viewer';
import { readPanel } from '@/lib/api/panel-history';
import { collectFamilies } from '@/lib/api/self/collect';
import { statusOf } from '@/lib/api/self/status';
import { connectHref } from '@/lib/model/links';
import type { QueryResult } from '@/lib/model/wire/history';
import type { StatusSection } from '@/lib/model/wire/status';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'Status' };

const WORTH_WAITING_MS = 100;

/** This server's own figures, those of `GET /metrics`, for operators. */
export default async function StatusPage() {
  await requireViewer();
  await connection();
  const root = rootOfProcess();
  const { instance } = root.recording;
  const { summary, sections } = statusOf(collectFamilies(root), instance);
  const trends = await startTrends(sections);
  const renderedAt = Date.now();
  return (
    <div className="flex flex-col gap-4">
      <KeepFresh />
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2">
            Status
            <Badge tone={summary.isWell ? 'good' : 'bad'} role="status">
              {summary.text}
            </Badge>
          </span>
        }
        note={`This server’s own figures: totals and latencies since its start${instance ? ', charts of the last 5 minutes' : ''}.`}
      >
        <Button asChild>
          <Link href={connectHref()}>Connect</Link>
        </Button>
        {instance && (
          <Button asChild>
            <Link href={'/metrics?search=pulseboard_' as Route}>All as metrics</Link>
          </Button>
        )}
      </PageHeader>
      <div className="columns-1 gap-3 lg:columns-2">
        {sections.map((section) => (
          <StatusCard key={section.title} {...section} trends={trends} renderedAt={renderedAt} />
        ))}
      </div>
    </div>
  );
}

/** The first answers of the figures' charts, by the figures' names; slow ones are streamed later. */
async function startTrends(sections: readonly StatusSection[]) {
  const figures = sections.flatMap((section) => section.figures);
  const trends = new Map<string, QueryResult | Promise<QueryResult>>();
  const started = figures.map(async ({ name, trend }) => {
    if (!trend) return;
    const answer = readPanel(trend);
    trends.set(name, (await settledWithin(answer, WORTH_WAITING_MS)) ?? answer);
  });
  await Promise.all(started);
  return trends;
}
