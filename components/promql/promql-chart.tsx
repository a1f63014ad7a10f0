'use client';

import { ChartLine, Table2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { formatCount } from '@/lib/model/format';
import { formatSpan, formatStep } from '@/lib/model/format-time';
import type { Labels } from '@/lib/model/labels';
import { SECOND } from '@/lib/model/time/duration';
import type { PromqlMeaning, PromqlQuestion, PromqlSeries } from '@/lib/model/wire/promql';
import { TimeSeriesChart } from '../charts/time-series-chart';
import { CHART_HEIGHT } from '../explorer/explorer-chart';
import { LegendTable } from '../explorer/legend-table';
import { PointsTable } from '../explorer/points-table';
import { useServerNow } from '../live/now';
import { useInView } from '../live/use-in-view';
import { PanelMessage } from '../panels/panel-message';
import type { RangeChanges } from '../panels/time-range';
import { useChartSeries } from '../panels/use-chart-series';
import type { UrlState } from '../shell/use-url-state';
import { Badge } from '../ui/badge';
import { cn } from '../ui/cn';
import { CopyButton } from '../ui/copy-button';
import { ToggleGroup } from '../ui/toggle-group';
import { MOST_LINES } from './promql-state';
import { usePromql } from './use-promql';

export interface PromqlChartProps {
  question: PromqlQuestion;
  answer: PromqlSeries & { meaning: PromqlMeaning };
  view: 'chart' | 'table';
  url: UrlState;
  changes: RangeChanges;
}

const VIEWS = [
  { value: 'chart', label: <ChartLine aria-hidden />, name: 'Chart' },
  { value: 'table', label: <Table2 aria-hidden />, name: 'Table' },
] as const;
/** A chart is about this many px wide: its window need not move by less than a pixel. */
const TYPICAL_WIDTH = 600;

/** What an expression comes to, as lines or as a table, evaluated again while the range moves with the clock. */
export function PromqlChart({ question, answer: initial, view, url, changes }: PromqlChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const inView = useInView(box);
  const { unit, isOfWholeRange } = initial.meaning;
  const live = usePromql(question, initial, { isOfWholeRange, isWatched: inView });
  const { answer, windowMs, everyMs, problem } = live;
  const pixelMs = Math.max(SECOND, Math.floor((windowMs ?? 0) / TYPICAL_WIDTH / SECOND) * SECOND);
  const now = useServerNow(pixelMs, windowMs !== null && inView) ?? answer.asOf;
  const range = windowMs === null ? ([answer.start, answer.end] as const) : ([now - windowMs, now] as const);
  const lines = useChartSeries(
    { series: answer.series, aggregate: 'value' },
    differingLabels(answer),
    nameOf(answer, question),
  );
  const [only, setOnly] = useState<ReadonlySet<string> | null>(null);
  const shown = only ? lines.filter(({ key }) => only.has(key)) : lines;
  const points = Math.max(0, ...lines.map((line) => line.points.length));
  return (
    <div ref={box} className={cn('flex flex-col gap-3 transition-opacity', url.pending && 'opacity-60')}>
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto text-xs text-ink-3" data-facts>
          {formatCount(points)} points{lines.length > 1 && ` × ${lines.length} series`} ·{' '}
          {formatStep(answer.step)} step
          {windowMs !== null && ` · evaluated every ${formatSpan(everyMs).replace(' ', '\u00a0')}`}
        </p>
        {windowMs === null && <Badge>standing still</Badge>}
        {problem && <Badge tone="bad">{problem}</Badge>}
        <ToggleGroup
          label="View"
          value={view}
          options={VIEWS}
          onValueChange={(next) => url.replace({ view: next === 'chart' ? null : next })}
        />
        <CopyButton size="sm" label="Copy link" text={() => location.href} />
      </div>
      <Notes answer={answer} />
      {lines.length === 0 ? (
        <NoSeries onLonger={() => changes.zoomOut(...range)} />
      ) : view === 'table' ? (
        <PointsTable
          caption={`Values of ${question.query}`}
          series={shown}
          range={range}
          step={answer.step}
          unit={unit}
        />
      ) : (
        <TimeSeriesChart
          label={question.query}
          series={shown}
          range={range}
          step={answer.step}
          // The value of a step is that of one moment: no step is still filling.
          openFrom={Number.POSITIVE_INFINITY}
          unit={unit}
          height={CHART_HEIGHT}
          onZoom={changes.show}
          onZoomOut={() => changes.zoomOut(...range)}
        />
      )}
      {lines.length > 0 && (
        <LegendTable
          series={lines}
          unit={unit}
          latestOf={({ points }) => points.at(-1)}
          range={range}
          only={only}
          onOnly={setOnly}
        />
      )}
    </div>
  );
}

function Notes({ answer: { isCut, notes } }: { answer: PromqlSeries }) {
  if (!isCut && notes.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-xs text-ink-2">
      {isCut && (
        <li className="text-warn">
          There are more than {MOST_LINES} series; these are the first {MOST_LINES}. To see all of them at
          once, aggregate: <code className="font-mono">sum by (…) (…)</code> or{' '}
          <code className="font-mono">topk(10, …)</code>.
        </li>
      )}
      {notes.map((note) => (
        <li key={note} className="break-words">
          {note}
        </li>
      ))}
    </ul>
  );
}

function NoSeries({ onLonger }: { onLonger(): void }) {
  return (
    <PanelMessage title="Nothing matches in this range" height={CHART_HEIGHT}>
      The expression is right, but no series has a value at any of its steps. Check names and matchers, or{' '}
      <button type="button" className="rounded text-accent underline underline-offset-2" onClick={onLonger}>
        look at a longer range
      </button>
      .
    </PanelMessage>
  );
}

/** The labels that tell the series apart. */
function differingLabels({ series }: PromqlSeries): string {
  const names = new Set(series.flatMap(({ labels }) => Object.keys(labels)));
  const differs = (name: string) => series.some(({ labels }) => labels[name] !== series[0].labels[name]);
  return [...names].filter(differs).sort().join();
}

/** What a single series is called: by its labels, or by what was asked. */
function nameOf({ series }: PromqlSeries, { query }: PromqlQuestion): string {
  return (series.length === 1 && formatLabels(series[0].labels)) || query;
}

function formatLabels({ __name__: name = '', ...labels }: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.sort().join(', ')}}`;
}
