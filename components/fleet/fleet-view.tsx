'use client';

import type { ReactNode } from 'react';
import type { FleetMap as FleetMapAnswer, FleetSummary } from '@/lib/model/fleet/answers';
import { type HeadlineKey, headline, isHeadlineKey } from '@/lib/model/fleet/headlines';
import { RECENT_STEP_MS } from '@/lib/model/fleet/recent-step';
import { formatCount } from '@/lib/model/format';
import { SECOND } from '@/lib/model/time/duration';
import { useKeptAnswer } from '../live/use-kept-answer';
import { PageHeader } from '../shell/page-header';
import { useUrlState } from '../shell/use-url-state';
import { Select } from '../ui/select';
import { ArrivalsPanel } from './arrivals-panel';
import { Card } from './card';
import { FleetMap } from './fleet-map';
import { FreshnessNote } from './freshness-note';
import { RankedHosts } from './ranked-hosts';
import { SilentHosts } from './silent-hosts';
import { StatusTiles } from './status-tiles';
import { useRefreshOnChange } from './use-refresh-on-change';

const UPDATE_EVERY_MS = SECOND;
const RANKED_ROWS = 8;

export interface FleetViewProps {
  initial: FleetSummary;
  map: FleetMapAnswer;
  /** The fleet's charts, rendered by the server: those at the top, and those below. */
  lead: ReactNode;
  more: ReactNode;
  panelHeight: number;
}

/** The overview of the fleet, updated once a second. */
export function FleetView({ initial, map, lead, more, panelHeight }: FleetViewProps) {
  const url = useUrlState();
  const asked = url.params.get('by') ?? '';
  const ranking = isHeadlineKey(asked) ? asked : '';
  const kept = useKeptAnswer<FleetSummary>({
    topic: 'fleet',
    url: `/api/fleet?by=${ranking}`,
    initial,
    everyMs: UPDATE_EVERY_MS,
    nextUrl: (address, { arrivals }) => `${address}&since=${arrivals.at(-1)?.[0] ?? 0}`,
    merge: joinArrivals,
  });
  const summary = kept.answer;
  const hosts = summary.counts.reporting + summary.counts.late + summary.counts.gone;
  // The server renders the chart of a new figure.
  useRefreshOnChange(initial.headlines.join(), summary.headlines.join());
  const { by } = summary;

  return (
    <div className="flex flex-col gap-3">
      <PageHeader
        title="Fleet"
        note={
          <FreshnessNote kept={kept}>
            {formatCount(hosts)} hosts, {formatCount(summary.series)} series. Charts show the last 15 minutes.
          </FreshnessNote>
        }
      />
      <StatusTiles summary={summary} />
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {lead}
        <ArrivalsPanel
          points={summary.arrivals}
          perSecond={summary.samplesPerSecond}
          stepMs={summary.arrivalsStepMs}
          now={summary.now}
          height={panelHeight}
        />
      </div>
      <Card
        title="Every host"
        note={by ? `by ${headline(by).title}` : undefined}
        tools={
          by && (
            <ChooseFigure by={by} among={summary.headlines} onChoose={(key) => url.replace({ by: key })} />
          )
        }
      >
        <FleetMap by={by} initial={map} />
      </Card>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {by && (
          <>
            <Card title="Busiest" note={`highest ${headline(by).title}, reporting hosts`}>
              <RankedHosts hosts={summary.busiest} by={by} recentStepMs={RECENT_STEP_MS} rows={RANKED_ROWS} />
            </Card>
            <Card title="Quietest" note={`lowest ${headline(by).title}, reporting hosts`}>
              <RankedHosts
                hosts={summary.quietest}
                by={by}
                recentStepMs={RECENT_STEP_MS}
                rows={RANKED_ROWS}
              />
            </Card>
          </>
        )}
        <Card title="Fell silent" note="the most recent first" className="md:max-xl:col-span-2">
          <SilentHosts summary={summary} />
        </Card>
      </div>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">{more}</div>
    </div>
  );
}

function ChooseFigure({
  by,
  among,
  onChoose,
}: {
  by: HeadlineKey;
  among: readonly HeadlineKey[];
  onChoose(key: string): void;
}) {
  const keys = among.includes(by) ? among : [by, ...among];
  return (
    <Select
      label="Rank by"
      showLabel
      value={by}
      options={keys.map((key) => ({ value: key, label: headline(key).title }))}
      onValueChange={onChoose}
      className="h-7 text-xs"
    />
  );
}

const KEPT_POINTS = 200;

/** Replaces points that were still open by their newest values. */
function joinArrivals(last: FleetSummary, next: FleetSummary): FleetSummary {
  const from = next.arrivals[0]?.[0] ?? Number.POSITIVE_INFINITY;
  const kept = last.arrivals.filter(([t]) => t < from);
  return { ...next, arrivals: [...kept, ...next.arrivals].slice(-KEPT_POINTS) };
}
