'use client';

import { useState } from 'react';
import { formatValue, type Unit } from '@/lib/model/format';
import type { WholePoint } from '@/lib/model/points';
import type { ChartSeries } from '../charts/series';
import { extentOf } from '../charts/ticks';
import { chosen } from '../panels/series-legend';
import { SeriesMark } from '../panels/series-mark';
import { Button } from '../ui/button';
import { cn } from '../ui/cn';

export interface LegendTableProps {
  series: readonly ChartSeries[];
  unit: Unit;
  latestOf(line: ChartSeries): WholePoint | undefined;
  range: readonly [number, number];
  only: ReadonlySet<string> | null;
  onOnly(only: ReadonlySet<string> | null): void;
}

const ROWS_AT_FIRST = 12;

/**
 * Every line with its newest, lowest and highest value in the range. There is no average column: an average of
 * the points' averages would not be the average of the samples.
 */
export function LegendTable({ series, unit, latestOf, range, only, onOnly }: LegendTableProps) {
  const [all, setAll] = useState(false);
  const visible = all ? series : series.slice(0, ROWS_AT_FIRST);
  return (
    <div>
      <table className="w-full border-collapse text-sm" data-legend>
        <thead className="text-xs text-ink-3">
          <tr>
            <th scope="col" className="py-1 text-left font-medium">
              Series
            </th>
            {['Latest', 'Lowest', 'Highest'].map((title, i) => (
              <th
                key={title}
                scope="col"
                className={cn('py-1 pl-3 text-right font-medium', i > 0 && 'max-sm:hidden')}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {visible.map((line) => {
            const shown = only === null || only.has(line.key);
            const latest = latestOf(line);
            const extent = extentOf([line.points], line.points[0]?.length > 3 ? [2, 3] : [1], range);
            return (
              <tr key={line.key} className={cn('border-t', !shown && 'opacity-60')}>
                <th scope="row" className="max-w-0 min-w-32 py-0.5 text-left font-normal">
                  <button
                    type="button"
                    disabled={series.length === 1}
                    aria-pressed={only?.has(line.key) ?? false}
                    title={series.length === 1 ? undefined : `Show only ${line.name} (Ctrl adds)`}
                    onClick={(event) => onOnly(chosen(only, line.key, event.ctrlKey || event.metaKey))}
                    className="flex max-w-full items-center gap-2 rounded px-1 py-0.5 text-ink-2 hover:bg-sunken hover:text-ink disabled:hover:bg-transparent"
                  >
                    <SeriesMark color={line.color} dash={line.dash} />
                    <span className="truncate">{line.name}</span>
                  </button>
                </th>
                <td className="pl-3 text-right font-medium whitespace-nowrap" data-latest>
                  {latest ? formatValue(latest[1], unit) : '–'}
                </td>
                {(extent ?? [null, null]).map((value, i) => (
                  <td key={i} className="pl-3 text-right whitespace-nowrap text-ink-2 max-sm:hidden">
                    {value === null ? '–' : formatValue(value, unit)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {visible.length < series.length && (
        <Button size="sm" className="mt-2" onClick={() => setAll(true)}>
          Show all {series.length}
        </Button>
      )}
    </div>
  );
}
