'use client';

import { use } from 'react';
import { formatValue, unitOf } from '@/lib/format';
import { isErrorAnswer, type PanelAnswer, type PanelQuery, type PanelResult } from '@/lib/live/wire';
import { useLiveQuery } from '../live/feed';

interface PanelBodyProps {
  query: PanelQuery;
  initial: Promise<PanelResult>;
  unit?: string;
  height: number;
  compact: boolean;
}

export function PanelBody({ initial, ...props }: PanelBodyProps) {
  const result = use(initial);
  if (isErrorAnswer(result)) return <p className="p-3 text-sm text-bad">{result.error.message}</p>;
  return <PanelChart answer={result} {...props} />;
}

function PanelChart({
  query,
  answer,
  unit,
  height,
}: Omit<PanelBodyProps, 'initial'> & { answer: PanelAnswer }) {
  const { series, aggregate } = useLiveQuery(query, answer);
  const shown = unitOf(query.metric, unit, aggregate.split(',')[0]);
  return (
    <ul className="m-3 overflow-auto" style={{ height }}>
      {series.map(({ labels, points }) => (
        <li key={JSON.stringify(labels)}>
          {JSON.stringify(labels)} {points.length > 0 && formatValue(points[points.length - 1][1], shown)}
        </li>
      ))}
    </ul>
  );
}
