import { connection } from 'next/server';
import { FirstSteps } from '@/components/fleet/first-steps';
import { FleetView } from '@/components/fleet/fleet-view';
import { LazyPanel } from '@/components/fleet/lazy-panel';
import { SingleHost } from '@/components/fleet/single-host';
import { SpecPanel } from '@/components/fleet/spec-panel';
import { requireViewer } from '@/lib/api/page-viewer';
import { pageWork, readPanel } from '@/lib/api/panel-history';
import type { FleetMap } from '@/lib/model/fleet/answers';
import { isHeadlineKey } from '@/lib/model/fleet/headlines';
import { EVERY_HOST } from '@/lib/model/fleet/hosts-query';
import { commonPanels, fleetPanels } from '@/lib/model/fleet/panels';
import { queryText } from '@/lib/model/wire/query';
import { rootOfProcess } from '@/lib/system/process';

const RANGE = { start: 'now-15m', end: 'now' };
const PANEL_HEIGHT = 140;
/** Beside the panel of samples per second. */
const LEADING_PANELS = 2;
/** With more hosts the page is sent without them and reads them itself: to render them would block other requests. */
const HOSTS_IN_PAGE = 2_000;

export default async function FleetPage({ searchParams }: PageProps<'/'>) {
  await requireViewer();
  const asked = String((await searchParams).by ?? '');
  await connection();
  const { fleet, registry } = await rootOfProcess().system();
  const by = isHeadlineKey(asked) ? asked : undefined;
  const work = pageWork();
  const summary = await fleet.summary({ by }, work);
  const page = await fleet.hostsPage({ ...EVERY_HOST, pageSize: 1 }, null, work);
  if (page.total === 0) return <FirstSteps initial={summary} />;

  const only = page.total === 1 ? await fleet.host(page.rows[0].name, work) : null;
  if (only) return <SingleHost detail={only} page={page} summary={summary} ask={readPanel} />;

  const headlines = fleetPanels((name) => registry.metrics.get(name), summary, RANGE);
  const specs = headlines.length > 0 ? headlines : commonPanels(registry.metrics.values(), RANGE);
  const lead = specs
    .slice(0, LEADING_PANELS)
    .map((spec) => (
      <SpecPanel
        key={queryText(spec.query)}
        spec={spec}
        answer={readPanel(spec.query)}
        height={PANEL_HEIGHT}
      />
    ));
  return (
    <FleetView
      initial={summary}
      map={withoutMany(await fleet.map({ by }, work))}
      lead={lead}
      more={specs
        .slice(LEADING_PANELS)
        .map((spec) => <LazyPanel key={spec.key} spec={spec} height={PANEL_HEIGHT} />)}
      panelHeight={PANEL_HEIGHT}
    />
  );
}

function withoutMany(map: FleetMap): FleetMap {
  if (map.values.length <= HOSTS_IN_PAGE) return map;
  return { ...map, namesVersion: 0, names: null, statuses: '', values: [] };
}
