'use client';

import { use, useState } from 'react';
import { formatValue, unitOf } from '@/lib/model/format';
import type { HistoryAnswer, QueryResult } from '@/lib/model/wire/history';
import { isErrorAnswer, type Query } from '@/lib/model/wire/query';
import { Sparkline } from '../charts/sparkline';
import { useTrend } from '../live/use-trend';

export interface FigureTrendProps {
  query: Query;
  initial: QueryResult | Promise<QueryResult>;
  renderedAt: number;
}

/** A figure's last minutes, live; of a counter also how fast it grows now. Nothing until the figure is stored. */
export function FigureTrend({ query, initial, renderedAt }: FigureTrendProps) {
  const result = 'then' in initial ? use(initial) : initial;
  if (isErrorAnswer(result)) return null;
  return <LiveTrend query={query} initial={result} renderedAt={renderedAt} />;
}

interface LiveTrendProps {
  query: Query;
  initial: HistoryAnswer;
  renderedAt: number;
}

function LiveTrend({ query, initial, renderedAt }: LiveTrendProps) {
  // The page is rendered again and again; from the first answer on the stream brings what is new.
  const [answer] = useState(initial);
  const { box, sparkline, latest } = useTrend<HTMLSpanElement>(query, answer, renderedAt);
  const isRate = query.aggregate === 'rate' && query.expression === undefined;
  return (
    <span ref={box} className="inline-flex items-center gap-3">
      <Sparkline {...sparkline} className="h-5 w-24 shrink-0" />
      {isRate && latest && (
        <span className="whitespace-nowrap">{formatValue(latest[1], unitOf(query.metric, '', 'rate'))}</span>
      )}
    </span>
  );
}
