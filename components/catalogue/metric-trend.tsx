'use client';

import { use } from 'react';
import { formatValue, unitOf } from '@/lib/model/format';
import { formatAgo } from '@/lib/model/format-time';
import type { MetricEntry } from '@/lib/model/wire/catalogue';
import type { HistoryAnswer, QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer } from '@/lib/model/wire/query';
import { Sparkline } from '../charts/sparkline';
import { useTrend } from '../live/use-trend';
import { trendQuery } from './trend-query';

export interface MetricTrendProps {
  metric: MetricEntry;
  initial: QueryResult | Promise<QueryResult>;
  renderedAt: number;
}

/** Three cells of a catalogue's row: the newest value, the last minutes, how long ago. */
export function MetricTrend({ metric, initial, renderedAt }: MetricTrendProps) {
  const result = 'then' in initial ? use(initial) : initial;
  if (isErrorAnswer(result)) {
    return (
      <td colSpan={3} className="truncate px-3 text-xs text-bad" title={result.error.message}>
        {result.error.message}
      </td>
    );
  }
  return <LiveTrend metric={metric} answer={result} renderedAt={renderedAt} />;
}

function LiveTrend({
  metric,
  answer,
  renderedAt,
}: Omit<MetricTrendProps, 'initial'> & { answer: HistoryAnswer }) {
  const { box, sparkline, latest, now } = useTrend<HTMLTableCellElement>(
    trendQuery(metric),
    answer,
    renderedAt,
  );
  const unit = unitOf(metric.name, metric.unit, answer.aggregate);
  // A point only has the time of its step; the catalogue has the time of the sample, as of when the page was rendered.
  const lastSeen = Math.max(metric.lastSeen ?? 0, Math.min(now, latest ? latest[0] + sparkline.step : 0));
  return (
    <>
      <td ref={box} className="truncate px-3 text-right font-medium max-sm:px-1" data-latest>
        {latest ? formatValue(latest[1], unit) : <span className="text-ink-3">–</span>}
      </td>
      <td className="px-3">
        <Sparkline {...sparkline} />
      </td>
      <td className="px-3 text-right whitespace-nowrap text-ink-2 max-md:hidden">
        {lastSeen > 0 ? formatAgo(Math.max(0, now - lastSeen)) : 'never'}
      </td>
    </>
  );
}
