import type { Metadata, Route } from 'next';
import { MetricSearch } from '@/components/catalogue/metric-search';
import { MetricTable } from '@/components/catalogue/metric-table';
import { NextPage } from '@/components/catalogue/next-page';
import { trendQuery } from '@/components/catalogue/trend-query';
import { ConnectLink } from '@/components/connect/connect-link';
import { PostSample } from '@/components/panels/post-sample';
import { settledWithin } from '@/components/panels/settled-within';
import { PageHeader } from '@/components/shell/page-header';
import { Button } from '@/components/ui/button';
import { Link } from '@/components/ui/link';
import { requireViewer } from '@/lib/api/page-viewer';
import { pageWork, readPanel } from '@/lib/api/panel-history';
import { formatCount } from '@/lib/model/format';
import { listMetrics } from '@/lib/read/catalogue-list';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'Metrics' };

const ROWS = 50;
const WORTH_WAITING_MS = 100;

export default async function MetricsPage({ searchParams }: PageProps<'/metrics'>) {
  await requireViewer();
  const { search = '', cursor = '' } = await searchParams;
  const { registry } = await rootOfProcess().system();
  const { metrics, next } = await pageWork().run((work) =>
    listMetrics(registry, { search: String(search), cursor: String(cursor), limit: ROWS }, work),
  );
  const rows = await Promise.all(
    metrics.map(async (metric) => {
      const answer = readPanel(trendQuery(metric));
      return { metric, trend: (await settledWithin(answer, WORTH_WAITING_MS)) ?? answer };
    }),
  );
  return (
    <div className="flex flex-col gap-4">
      <PageHeader
        title="Metrics"
        note={`${formatCount(registry.metrics.size)} metrics, ${formatCount(registry.size)} series`}
      >
        <MetricSearch search={String(search)} />
        <Button asChild>
          <Link href={'/promql' as Route}>PromQL</Link>
        </Button>
      </PageHeader>
      {rows.length > 0 ? (
        <MetricTable rows={rows} now={Date.now()} />
      ) : registry.metrics.size === 0 ? (
        <FirstSample />
      ) : (
        <p className="rounded-lg border bg-surface p-6 text-center text-ink-2">
          No metric’s name contains <strong className="text-ink">{String(search)}</strong>.
        </p>
      )}
      <NextPage search={String(search)} cursor={String(cursor)} next={next} />
    </div>
  );
}

function FirstSample() {
  return (
    <section className="flex max-w-2xl flex-col gap-3 rounded-lg border bg-surface p-5">
      <h2 className="font-medium">No metrics yet</h2>
      <p className="text-sm text-ink-2">
        A metric is there as soon as one sample of it has come in. Send the first:
      </p>
      <PostSample />
      <ConnectLink />
    </section>
  );
}
