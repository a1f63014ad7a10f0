import type { Route } from 'next';
import type { FleetSummary, HostDetail, HostsPage } from '@/lib/model/fleet/answers';
import { mainPanels, rangeSince } from '@/lib/model/fleet/panels';
import { hostHref } from '@/lib/model/links';
import type { QueryResult } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { ConnectLink } from '../connect/connect-link';
import { PostSample } from '../panels/post-sample';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Card } from './card';
import { AgentCommand } from './first-steps';
import { GrowingFleet } from './growing-fleet';
import { HostHeader } from './host-header';
import { SpecPanel } from './spec-panel';

const PANELS = 9;
const PANEL_HEIGHT = 170;

export interface SingleHostProps {
  detail: HostDetail;
  page: HostsPage;
  summary: FleetSummary;
  ask(query: Query): Promise<QueryResult>;
}

/** A fleet of one host: its charts, and how to add another host. */
export function SingleHost({ detail: { row, metrics, since, now }, page, summary, ask }: SingleHostProps) {
  return (
    <div className="flex flex-col gap-3">
      <GrowingFleet initial={summary} />
      <HostHeader initial={page} crumb={false}>
        <Button asChild>
          <Link href={hostHref(row.name) as Route}>All {metrics.length} metrics</Link>
        </Button>
      </HostHeader>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {mainPanels(row.name, metrics, PANELS, rangeSince(since, now)).map((spec) => (
          <SpecPanel key={spec.key} spec={spec} answer={ask(spec.query)} height={PANEL_HEIGHT} />
        ))}
      </div>
      <div className="grid gap-3 lg:grid-cols-2">
        <Card title="Watch another machine" note="run this on it">
          <AgentCommand />
          <div className="pt-2">
            <ConnectLink />
          </div>
        </Card>
        <Card title="Or post from anything" note="a host is a label like any other">
          <PostSample />
        </Card>
      </div>
    </div>
  );
}
