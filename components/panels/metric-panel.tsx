import type { Route } from 'next';
import { type ReactNode, Suspense } from 'react';
import type { QueryResult } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';
import { Skeleton } from '../ui/skeleton';
import { PanelBody } from './panel-body';
import type { PanelKind } from './panel-kinds';
import { settledWithin } from './settled-within';

export interface MetricPanelProps {
  title: ReactNode;
  /** The title as text, where `title` is an element. */
  name?: string;
  /** The query; live when its range ends `now`. See `panelQuery`. */
  query: Query;
  /** Its answer, started on the server and not awaited there. Never rejects: errors are values. */
  initial: Promise<QueryResult>;
  /** The metric's declared unit, where the catalogue has one. */
  unit?: string;
  /** How it is drawn: lines, unless another kind is named. */
  kind?: PanelKind;
  /** The page that shows it in full: the metric's explorer with this query. */
  href?: Route;
  /** Height of the chart in px. */
  height?: number;
  /** For many small panels: the legend keeps to one line. */
  compact?: boolean;
  /** The page understands `start` and `end` in its URL: dragging over the chart sets them. */
  zoomable?: boolean;
  className?: string;
}

/** Legend and paddings around the chart, px. */
const AROUND_CHART = 36;
/** An answer within this time is part of the page: no skeleton flashes, and no script is needed to see it. */
const WORTH_WAITING_MS = 100;

/** A titled chart of one query: rendered by the server with its history, then live. A server component. */
export async function MetricPanel(props: MetricPanelProps) {
  const { title, query, href, className, height = 180, compact = false, zoomable = false, unit } = props;
  const name = props.name ?? (typeof title === 'string' ? title : query.metric);
  const early = await settledWithin(props.initial, WORTH_WAITING_MS);
  const body = (
    <PanelBody
      initial={early ?? props.initial}
      name={name}
      query={query}
      unit={unit}
      kind={props.kind}
      height={height}
      compact={compact}
      zoomable={zoomable}
    />
  );
  return (
    <section
      aria-label={name}
      className={cn('flex min-w-0 flex-col rounded-lg border bg-surface', className)}
      data-panel
    >
      <h2 className="truncate px-3 pt-2 text-sm font-medium text-ink-2">
        {href ? (
          <Link href={href} className="rounded hover:text-ink hover:underline">
            {title}
          </Link>
        ) : (
          title
        )}
      </h2>
      {early ? body : <Suspense fallback={<PanelSkeleton height={height} />}>{body}</Suspense>}
    </section>
  );
}

function PanelSkeleton({ height }: { height: number }) {
  return (
    <div className="p-2" style={{ height: height + AROUND_CHART }}>
      <Skeleton className="size-full" />
    </div>
  );
}
