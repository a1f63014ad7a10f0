'use client';

import { use, useState } from 'react';
import { formatSpan } from '@/lib/model/format-time';
import type { HistoryAnswer, QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer, type Query } from '@/lib/model/wire/query';
import { feedOfTab } from '../live/feed';
import { useUrlState } from '../shell/use-url-state';
import { Badge } from '../ui/badge';
import { cn } from '../ui/cn';
import { PANEL_KINDS, type PanelKind } from './panel-kinds';
import { PanelMessage } from './panel-message';
import { RetryButton } from './retry-button';
import { SeriesLegend } from './series-legend';
import { rangeChanges } from './time-range';
import { usePanel } from './use-panel';

export interface PanelBodyProps {
  /** What the chart shows, in words. */
  name: string;
  query: Query;
  initial: QueryResult | Promise<QueryResult>;
  unit?: string;
  /** How it is drawn. */
  kind?: PanelKind;
  height: number;
  compact: boolean;
  zoomable: boolean;
}

export function PanelBody({ initial, ...props }: PanelBodyProps) {
  const result = 'then' in initial ? use(initial) : initial;
  if (isErrorAnswer(result)) {
    return (
      <PanelMessage title={result.error.message} height={props.height}>
        <RetryButton />
      </PanelMessage>
    );
  }
  return <PanelChart answer={result} {...props} />;
}

type PanelChartProps = Omit<PanelBodyProps, 'initial'> & { answer: HistoryAnswer };

function PanelChart({
  name,
  query,
  answer,
  unit: declaredUnit,
  kind = 'lines',
  height,
  compact,
  zoomable,
}: PanelChartProps) {
  const { box, ...panel } = usePanel(query, answer, name, declaredUnit);
  const { snapshot, series, unit, range, latestOf, silentMs } = panel;
  const Drawing = PANEL_KINDS[kind];
  const [only, setOnly] = useState<ReadonlySet<string> | null>(null);
  const { show, zoomOut } = rangeChanges(useUrlState(), '1h', () => feedOfTab().clock.now());
  const shown = only ? series.filter(({ key }) => only.has(key)) : series;
  return (
    <div ref={box} className="min-w-0 px-2 pb-2">
      <div className="flex min-h-7 items-center gap-2">
        <div className={cn('min-w-0', compact && 'h-6')}>
          <SeriesLegend
            series={series}
            unit={unit}
            latestOf={latestOf}
            only={only}
            onOnly={setOnly}
            oneLine={compact}
          />
        </div>
        {silentMs !== null && (
          <Badge tone="warn" className="ml-auto">
            silent for {formatSpan(silentMs)}
          </Badge>
        )}
        {snapshot.problem && <Badge tone="bad">{snapshot.problem}</Badge>}
      </div>
      {series.length === 0 ? (
        <PanelMessage title={snapshot.note ?? 'No samples in this range'} height={height} />
      ) : (
        <Drawing
          name={name}
          panel={{ ...panel, series: shown }}
          height={height}
          onZoom={zoomable ? show : undefined}
          onZoomOut={zoomable ? () => zoomOut(...range) : undefined}
        />
      )}
    </div>
  );
}
