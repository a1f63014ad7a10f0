import { ExternalLink } from 'lucide-react';
import type { Route } from 'next';
import Link from 'next/link';
import { type ReactNode, Suspense } from 'react';
import type { PanelQuery, PanelResult } from '@/lib/live/wire';
import { cn } from '../ui/cn';
import { Skeleton } from '../ui/skeleton';
import { PanelBody } from './panel-body';

export interface MetricPanelProps {
  title: ReactNode;
  /** The question, serialisable; live when its range ends `now`. See `panelQuery`. */
  query: PanelQuery;
  /** Its answer, started on the server and not awaited there. Never rejects: errors are values. */
  initial: Promise<PanelResult>;
  /** The metric's declared unit, where the catalogue has one. */
  unit?: string;
  /** Where the whole story is: the metric's explorer with this question. */
  href?: Route;
  /** Height of the chart in px. */
  height?: number;
  /** For many small panels: no legend beyond one line, no tools. */
  compact?: boolean;
  className?: string;
}

/** A titled chart of one question: rendered by the server with its history, then live. */
export function MetricPanel({
  title,
  href,
  height = 180,
  compact = false,
  className,
  ...body
}: MetricPanelProps) {
  return (
    <section className={cn('flex min-w-0 flex-col rounded-lg border bg-surface', className)}>
      <header className="flex items-center gap-2 px-3 pt-2">
        <h2 className="min-w-0 truncate text-sm font-medium text-ink">
          {href ? (
            <Link href={href} className="hover:underline">
              {title}
            </Link>
          ) : (
            title
          )}
        </h2>
        {href && <ExternalLink aria-hidden className="size-3 text-ink-3" />}
      </header>
      <Suspense fallback={<Skeleton className="m-3" style={{ height: height + (compact ? 24 : 36) }} />}>
        <PanelBody height={height} compact={compact} {...body} />
      </Suspense>
    </section>
  );
}
