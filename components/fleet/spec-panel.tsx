import type { Route } from 'next';
import type { PanelSpec } from '@/lib/model/fleet/panels';
import type { QueryResult } from '@/lib/model/wire/history';
import { MetricPanel } from '../panels/metric-panel';

export interface SpecPanelProps {
  spec: PanelSpec;
  /** The answer to the spec's query, started on the server and not awaited there. */
  answer: Promise<QueryResult>;
  height: number;
  /** The page understands `start` and `end` in its URL. */
  zoomable?: boolean;
}

/** A panel that comes with its page; `LazyPanel` draws those that are read later. */
export function SpecPanel({ spec, answer, height, zoomable }: SpecPanelProps) {
  return (
    <MetricPanel
      title={spec.title}
      query={spec.query}
      unit={spec.unit}
      initial={answer}
      href={spec.href as Route}
      height={height}
      compact
      zoomable={zoomable}
    />
  );
}
