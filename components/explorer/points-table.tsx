'use client';

import { useState, useSyncExternalStore } from 'react';
import { formatValue, type Unit } from '@/lib/model/format';
import { formatDateTime, shownInUtc, zoneName } from '@/lib/model/format-time';
import type { ChartSeries } from '../charts/series';
import { Button } from '../ui/button';

export interface PointsTableProps {
  caption: string;
  series: readonly ChartSeries[];
  range: readonly [number, number];
  step: number;
  unit: Unit;
}

const ROWS_AT_FIRST = 100;
const COLUMNS = 20;
const DIGITS = 5;

/** The chart's values as a table, newest first: for readers who cannot see the chart. */
export function PointsTable({ caption, series, range, step, unit }: PointsTableProps) {
  const [all, setAll] = useState(false);
  const local = useLocalZone();
  const shown = series.slice(0, COLUMNS);
  const rows = rowsOf(shown, range);
  const columns = shown.flatMap(({ key, name, aggregate }) =>
    aggregate.split(',').map((each, i, { length }) => ({
      key: `${key} ${each}`,
      line: key,
      value: i + 1,
      title: length === 1 ? name : shown.length === 1 ? each : `${name} ${each}`,
    })),
  );
  const visible = all ? rows : rows.slice(0, ROWS_AT_FIRST);
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section aria-label={caption} tabIndex={0} className="max-h-[32rem] overflow-auto rounded-md border">
        <table className="w-full border-collapse text-sm" data-points-table>
          <caption className="sr-only">{caption}</caption>
          <thead className="sticky top-0 z-10 bg-sunken text-xs text-ink-2">
            <tr>
              <th scope="col" className="px-3 py-1.5 text-left font-medium whitespace-nowrap">
                Time <span className="font-normal text-ink-3">{local ? zoneName(range[1]) : 'UTC'}</span>
              </th>
              {columns.map(({ key, title }) => (
                <th key={key} scope="col" className="px-3 py-1.5 text-right font-medium whitespace-nowrap">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {visible.map(([t, points]) => (
              <tr key={t} className="border-t" data-t={t}>
                <th scope="row" className="px-3 py-1 text-left font-normal whitespace-nowrap text-ink-2">
                  <time dateTime={new Date(t).toISOString()}>
                    {formatDateTime(local ? t : shownInUtc(t), step)}
                  </time>
                </th>
                {columns.map(({ key, line, value }) => {
                  const point = points.get(line);
                  return (
                    <td
                      key={key}
                      className="px-3 py-1 text-right whitespace-nowrap"
                      data-value={point?.[value]}
                    >
                      {point ? (
                        formatValue(point[value], unit, DIGITS)
                      ) : (
                        <span className="text-ink-3">–</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="flex flex-wrap items-center gap-2 pt-2 text-xs text-ink-3">
        {visible.length} of {rows.length} times
        {visible.length < rows.length && (
          <Button size="sm" onClick={() => setAll(true)}>
            Show all
          </Button>
        )}
        {shown.length < series.length && (
          <span>
            {shown.length} of {series.length} lines; the CSV has all of them.
          </span>
        )}
      </p>
    </div>
  );
}

/** Whether the reader's time zone is known: not on the server, and so not in the browser's first render. */
function useLocalZone(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}

type Row = [t: number, points: Map<string, ChartSeries['points'][number]>];

function rowsOf(series: readonly ChartSeries[], [start, end]: readonly [number, number]): Row[] {
  const rows = new Map<number, Row[1]>();
  for (const { key, points } of series) {
    for (const point of points) {
      if (point[0] < start || point[0] > end) continue;
      const row = rows.get(point[0]) ?? new Map();
      rows.set(point[0], row.set(key, point));
    }
  }
  return [...rows].sort(([a], [b]) => b - a);
}
