import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { MetricsCrumb } from '@/components/catalogue/metrics-crumb';
import { Explorer } from '@/components/explorer/explorer';
import { explorerQuery, readExplorerState } from '@/components/explorer/explorer-state';
import { settledWithin } from '@/components/panels/settled-within';
import { PageHeader } from '@/components/shell/page-header';
import { Badge } from '@/components/ui/badge';
import { requireViewer } from '@/lib/api/page-viewer';
import { readPanel } from '@/lib/api/panel-history';
import { formatCount } from '@/lib/model/format';
import { nameFromSegments } from '@/lib/model/links';
import { metricLabels } from '@/lib/read/catalogue-list';
import { rootOfProcess } from '@/lib/system/process';

type Props = PageProps<'/metrics/[...name]'>;

/** An answer within this time is part of the page; a later one is streamed after it. */
const WORTH_WAITING_MS = 150;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameFromSegments((await params).name) ?? 'Metric' };
}

export default async function MetricPage({ params, searchParams }: Props) {
  await requireViewer();
  const name = nameFromSegments((await params).name);
  const { registry } = await rootOfProcess().system();
  const metric = name === null ? undefined : registry.metrics.get(name);
  if (!metric) notFound();

  const query = explorerQuery(readExplorerState(metric.name, metric.type, await searchParams));
  const answer = readPanel(query);
  const initial = (await settledWithin(answer, WORTH_WAITING_MS)) ?? answer;
  return (
    <div className="flex flex-col gap-4">
      <PageHeader
        title={
          <>
            <MetricsCrumb />
            <span className="break-all">{metric.name}</span>
          </>
        }
      >
        <Badge>{metric.type}</Badge>
        {metric.unit && <Badge>{metric.unit}</Badge>}
        <Badge>{formatCount(metric.series.length)} series</Badge>
      </PageHeader>
      <Explorer
        metric={metric.name}
        type={metric.type}
        unit={metric.unit}
        labels={metricLabels(metric)}
        query={query}
        initial={initial}
      />
    </div>
  );
}
