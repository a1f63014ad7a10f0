'use client';

import { ChartLine, Table2 } from 'lucide-react';
import { useState } from 'react';
import { formatCount } from '@/lib/model/format';
import { formatSpan, formatStep } from '@/lib/model/format-time';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { TimeSeriesChart } from '../charts/time-series-chart';
import { PanelMessage } from '../panels/panel-message';
import { PostSample } from '../panels/post-sample';
import type { RangeChanges } from '../panels/time-range';
import { usePanel } from '../panels/use-panel';
import type { UrlState } from '../shell/use-url-state';
import { Badge } from '../ui/badge';
import { cn } from '../ui/cn';
import { CopyButton } from '../ui/copy-button';
import { ToggleGroup } from '../ui/toggle-group';
import { aggregateWords } from './aggregates';
import { CsvLink } from './csv-link';
import { TIER_WORDS } from './explorer-state';
import { LegendTable } from './legend-table';
import { PointsTable } from './points-table';

export interface ExplorerChartProps {
  query: Query;
  answer: HistoryAnswer;
  unit: string;
  view: 'chart' | 'table';
  url: UrlState;
  changes: RangeChanges;
}

export const CHART_HEIGHT = 340;

const VIEWS = [
  { value: 'chart', label: <ChartLine aria-hidden />, name: 'Chart' },
  { value: 'table', label: <Table2 aria-hidden />, name: 'Table' },
] as const;

export function ExplorerChart({ query, answer, unit: declaredUnit, view, url, changes }: ExplorerChartProps) {
  const { box, snapshot, series, unit, range, openFrom, latestOf, live, silentMs } = usePanel(
    query,
    answer,
    'all series',
    declaredUnit,
  );
  const [only, setOnly] = useState<ReadonlySet<string> | null>(null);
  const shown = only ? series.filter(({ key }) => only.has(key)) : series;
  const name = `${query.metric}, ${aggregateWords(snapshot.aggregate)}`;
  const points = Math.max(0, ...series.map((line) => line.points.length));
  return (
    <div ref={box} className={cn('flex flex-col gap-3 transition-opacity', url.pending && 'opacity-60')}>
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto text-xs text-ink-3" data-facts>
          {formatCount(points)} points{series.length > 1 && ` × ${series.length} series`} ·{' '}
          {snapshot.step === 1 ? 'every sample' : `${formatStep(snapshot.step)} step`} ·{' '}
          {TIER_WORDS[snapshot.tier]}
        </p>
        {silentMs !== null && <Badge tone="warn">silent for {formatSpan(silentMs)}</Badge>}
        {!live && <Badge>standing still</Badge>}
        {snapshot.problem && <Badge tone="bad">{snapshot.problem}</Badge>}
        <ToggleGroup
          label="View"
          value={view}
          options={VIEWS}
          onValueChange={(next) => url.replace({ view: next === 'chart' ? null : next })}
        />
        <CsvLink query={query} />
        <CopyButton size="sm" label="Copy link" text={() => location.href} />
      </div>
      {series.length > 0 && snapshot.note && <p className="text-xs text-ink-2">{snapshot.note}</p>}
      {series.length === 0 ? (
        <NoPoints note={snapshot.note} query={query} changes={changes} range={range} />
      ) : view === 'table' ? (
        <PointsTable
          caption={`Values of ${name}`}
          series={shown}
          range={range}
          step={snapshot.step}
          unit={unit}
        />
      ) : (
        <TimeSeriesChart
          label={name}
          series={shown}
          range={range}
          step={snapshot.step}
          openFrom={openFrom}
          unit={unit}
          height={CHART_HEIGHT}
          onZoom={changes.show}
          onZoomOut={() => changes.zoomOut(...range)}
        />
      )}
      {series.length > 0 && (
        <LegendTable
          series={series}
          unit={unit}
          latestOf={latestOf}
          range={range}
          only={only}
          onOnly={setOnly}
        />
      )}
    </div>
  );
}

function NoPoints({
  note,
  query,
  changes,
  range,
}: Pick<ExplorerChartProps, 'query' | 'changes'> & Ranged & { note: string | null }) {
  if (note) return <PanelMessage title={note} height={CHART_HEIGHT} />;
  return (
    <PanelMessage title={emptyBecause(query)} height={CHART_HEIGHT}>
      <p className="pb-3">
        <button
          type="button"
          className="rounded text-accent underline underline-offset-2"
          onClick={() => changes.zoomOut(...range)}
        >
          Look at a longer range
        </button>
        , or send a sample:
      </p>
      <div className="text-left">
        <PostSample metric={query.metric} />
      </div>
    </PanelMessage>
  );
}
function emptyBecause({ expression, match }: Query): string {
  if (expression) return 'Nothing to calculate: no step of this range has samples of both sides';
  return match ? 'No samples match these filters in this range' : 'No samples in this range';
}

interface Ranged {
  range: readonly [start: number, end: number];
}
