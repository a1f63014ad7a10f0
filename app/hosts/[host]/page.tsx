import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { HostControls } from '@/components/fleet/host-controls';
import { HostHeader } from '@/components/fleet/host-header';
import { HostSections } from '@/components/fleet/host-sections';
import { Button } from '@/components/ui/button';
import { Link } from '@/components/ui/link';
import { requireViewer } from '@/lib/api/page-viewer';
import { pageWork, readPanel } from '@/lib/api/panel-history';
import { EVERY_HOST } from '@/lib/model/fleet/hosts-query';
import { eventsHref, nameFromSegments } from '@/lib/model/links';
import { rootOfProcess } from '@/lib/system/process';

type Props = PageProps<'/hosts/[host]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameFromSegments([(await params).host]) ?? 'Host' };
}

export default async function HostPage({ params, searchParams }: Props) {
  await requireViewer();
  const name = nameFromSegments([(await params).host]);
  const { fleet } = await rootOfProcess().system();
  const detail = name === null ? null : await fleet.host(name, pageWork());
  if (name === null || !detail) notFound();

  const given = await searchParams;
  const range = { start: String(given.start ?? 'now-1h'), end: String(given.end ?? 'now') };
  const parts = given.parts !== 'together';
  const matchers = [{ label: 'host', operator: '=', value: name } as const];
  // By name: the list of all hosts may be older than this host.
  const header = await fleet.hostsPage({ ...EVERY_HOST, matchers, pageSize: 1 }, [name], pageWork());
  return (
    <div className="flex flex-col gap-3">
      <HostHeader initial={header}>
        <Button asChild>
          <Link href={eventsHref({ host: name })}>Events</Link>
        </Button>
      </HostHeader>
      <HostControls {...range} parts={parts} asOf={detail.now} />
      <HostSections host={name} metrics={detail.metrics} range={range} parts={parts} ask={readPanel} />
    </div>
  );
}
