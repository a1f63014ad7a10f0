import type { Metadata } from 'next';
import { HostsView } from '@/components/fleet/hosts-view';
import { requireViewer } from '@/lib/api/page-viewer';
import { pageWork } from '@/lib/api/panel-history';
import { parseHostsQuery } from '@/lib/model/fleet/hosts-query';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'Hosts' };

export default async function HostsPage({ searchParams }: PageProps<'/hosts'>) {
  await requireViewer();
  const given = Object.entries(await searchParams).map(([name, value]) => [name, String(value ?? '')]);
  const { query } = parseHostsQuery(new URLSearchParams(given));
  const { fleet } = await rootOfProcess().system();
  return <HostsView initial={await fleet.hostsPage(query, null, pageWork())} />;
}
