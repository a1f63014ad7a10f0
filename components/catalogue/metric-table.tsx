import { Suspense } from 'react';
import { formatCount } from '@/lib/model/format';
import { metricHref } from '@/lib/model/links';
import type { MetricEntry } from '@/lib/model/wire/catalogue';
import type { QueryResult } from '@/lib/model/wire/history';
import { Link } from '../ui/link';
import { Skeleton } from '../ui/skeleton';
import { MetricTrend } from './metric-trend';

export interface MetricRow {
  metric: MetricEntry;
  trend: QueryResult | Promise<QueryResult>;
}

/** `now`: the server's time of rendering, so that server and browser first render the same "last seen". */
export function MetricTable({ rows, now }: { rows: readonly MetricRow[]; now: number }) {
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <table className="w-full table-fixed border-collapse text-sm">
        <thead className="bg-sunken text-left text-xs text-ink-3">
          <tr>
            <th scope="col" className="px-3 py-2 font-medium">
              Metric
            </th>
            <th scope="col" className="w-1/4 px-3 py-2 font-medium max-xl:hidden">
              Labels
            </th>
            <th scope="col" className="w-24 px-3 py-2 text-right font-medium max-sm:px-1 sm:w-28">
              Now
            </th>
            <th scope="col" className="w-20 px-3 py-2 font-medium sm:w-44">
              <span className="max-sm:sr-only">Last </span>5 min
            </th>
            <th scope="col" className="w-28 px-3 py-2 text-right font-medium max-md:hidden">
              Last seen
            </th>
            <th scope="col" className="w-24 px-3 py-2 text-right font-medium max-md:hidden">
              Series
            </th>
            <th scope="col" className="w-24 px-3 py-2 font-medium max-lg:hidden">
              Type
            </th>
            <th scope="col" className="w-24 px-3 py-2 font-medium max-lg:hidden">
              Unit
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ metric, trend }) => (
            <tr key={metric.name} className="h-10 border-t hover:bg-sunken/60">
              <th scope="row" className="px-3 text-left font-medium">
                <Link
                  href={metricHref(metric.name)}
                  className="block rounded hover:text-accent hover:underline max-sm:py-1.5 max-sm:break-all sm:truncate"
                  title={metric.name}
                >
                  {metric.name}
                </Link>
              </th>
              <td className="truncate px-3 text-xs text-ink-3 max-xl:hidden">{metric.labels.join(', ')}</td>
              {'then' in trend ? (
                <Suspense fallback={<TrendSkeleton />}>
                  <MetricTrend metric={metric} initial={trend} renderedAt={now} />
                </Suspense>
              ) : (
                <MetricTrend metric={metric} initial={trend} renderedAt={now} />
              )}
              <td className="px-3 text-right text-ink-2 max-md:hidden">{formatCount(metric.series)}</td>
              <td className="px-3 text-ink-2 max-lg:hidden">{metric.type}</td>
              <td className="truncate px-3 text-ink-2 max-lg:hidden">{metric.unit || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TrendSkeleton() {
  return (
    <>
      <td className="px-3">
        <Skeleton className="ml-auto h-4 w-16" />
      </td>
      <td className="px-3">
        <Skeleton className="h-6" />
      </td>
      <td className="px-3 max-md:hidden">
        <Skeleton className="ml-auto h-4 w-16" />
      </td>
    </>
  );
}
