import { Suspense } from 'react';
import { metricHref } from '@/lib/model/links';
import type { QueryResult } from '@/lib/model/wire/history';
import type { StatusFigure, StatusSection } from '@/lib/model/wire/status';
import { Badge } from '../ui/badge';
import { cn } from '../ui/cn';
import { Link } from '../ui/link';
import { Skeleton } from '../ui/skeleton';
import { FigureTrend } from './figure-trend';

export interface StatusCardProps extends StatusSection {
  /** The first answers of the figures' charts, by the figures' names. */
  trends: ReadonlyMap<string, QueryResult | Promise<QueryResult>>;
  renderedAt: number;
}

/** Figures that belong together, each with its title, a chart of its last minutes where it moves, and its value. */
export function StatusCard({ title, figures, trends, renderedAt }: StatusCardProps) {
  return (
    <section aria-label={title} className="mb-3 break-inside-avoid rounded-lg border bg-surface">
      <h2 className="border-b px-3 py-2 text-sm font-semibold">{title}</h2>
      <dl className="divide-y px-3 text-sm">
        {figures.map((figure) => (
          <div
            key={figure.name}
            title={figure.name}
            className="flex min-h-9 flex-wrap items-center gap-x-4 gap-y-0.5 py-1.5"
          >
            <dt className="text-ink-2 sm:w-44">
              <Title {...figure} />
            </dt>
            <dd
              className={cn(
                'flex min-w-0 flex-auto items-center gap-x-3 text-ink tabular-nums sm:flex-1',
                figure.trend && 'max-sm:basis-full',
              )}
            >
              <Trend figure={figure} initial={trends.get(figure.name)} renderedAt={renderedAt} />
              <span className="ml-auto flex flex-wrap justify-end gap-x-3 gap-y-1 text-right">
                {figure.values.map(({ part, text, tone }) => (
                  <span key={part}>
                    {part && <span className={cn('text-ink-3', text && 'mr-1.5')}>{part}</span>}
                    {tone ? <Badge tone={tone}>{text}</Badge> : text}
                  </span>
                ))}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A figure that is stored leads to its chart. */
function Title({ title, trend }: StatusFigure) {
  if (!trend) return title;
  const { metric, start: _, end: __, step: ___, ...question } = trend;
  return (
    <Link href={metricHref(metric, question)} className="rounded hover:text-accent hover:underline">
      {title}
    </Link>
  );
}

interface TrendProps {
  figure: StatusFigure;
  initial: QueryResult | Promise<QueryResult> | undefined;
  renderedAt: number;
}

function Trend({ figure: { trend }, initial, renderedAt }: TrendProps) {
  if (!trend || !initial) return null;
  return (
    <Suspense fallback={<Skeleton className="h-5 w-24" />}>
      <FigureTrend query={trend} initial={initial} renderedAt={renderedAt} />
    </Suspense>
  );
}
