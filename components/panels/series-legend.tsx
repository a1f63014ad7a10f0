'use client';

import { formatValue, type Unit } from '@/lib/model/format';
import type { WholePoint } from '@/lib/model/points';
import type { ChartSeries } from '../charts/series';
import { cn } from '../ui/cn';
import { SeriesMark } from './series-mark';

export interface SeriesLegendProps {
  series: readonly ChartSeries[];
  unit: Unit;
  latestOf(line: ChartSeries): WholePoint | undefined;
  /** Keys of the lines that are shown alone; null when all are. */
  only: ReadonlySet<string> | null;
  onOnly(only: ReadonlySet<string> | null): void;
  /** At most so many entries, then "and N more". */
  limit?: number;
  /** Keep to one line, which can be scrolled and fades out where it goes on. */
  oneLine?: boolean;
}

/** One entry a line with its newest value. A click shows that line alone, with Ctrl or ⌘ it adds or takes away. */
export function SeriesLegend({
  series,
  unit,
  latestOf,
  only,
  onOnly,
  limit = 8,
  oneLine = false,
}: SeriesLegendProps) {
  if (series.length === 1) return <SingleValue latest={latestOf(series[0])} unit={unit} />;
  return (
    <ul
      className={cn(
        'flex gap-x-1 gap-y-0.5',
        oneLine
          ? 'overflow-x-auto whitespace-nowrap [scrollbar-width:none] [mask-image:linear-gradient(to_right,black_calc(100%-1.5rem),transparent)] [&>li]:shrink-0'
          : 'flex-wrap',
      )}
    >
      {series.slice(0, limit).map((line) => {
        const latest = latestOf(line);
        const shown = only === null || only.has(line.key);
        return (
          <li key={line.key} className="min-w-0">
            <button
              type="button"
              aria-pressed={only?.has(line.key) ?? false}
              title={`Show only ${line.name}`}
              onClick={(event) => onOnly(chosen(only, line.key, event.ctrlKey || event.metaKey))}
              className={cn(
                'flex max-w-full items-center gap-1.5 rounded px-1 py-0.5 text-xs text-ink-2 hover:bg-sunken hover:text-ink',
                !shown && 'opacity-55',
              )}
            >
              <SeriesMark color={line.color} dash={line.dash} />
              <span className="truncate">{line.name}</span>
              {latest && (
                <span className="font-medium whitespace-nowrap text-ink">{formatValue(latest[1], unit)}</span>
              )}
            </button>
          </li>
        );
      })}
      {series.length > limit && (
        <li className="px-1 py-0.5 text-xs text-ink-3">and {series.length - limit} more</li>
      )}
    </ul>
  );
}

/** The selection after a click on `key`. A click on the only selected line shows all. */
export function chosen(
  only: ReadonlySet<string> | null,
  key: string,
  adding: boolean,
): ReadonlySet<string> | null {
  if (!adding) return only?.size === 1 && only.has(key) ? null : new Set([key]);
  const next = new Set(only);
  if (!next.delete(key)) next.add(key);
  return next.size === 0 ? null : next;
}

function SingleValue({ latest, unit }: { latest: WholePoint | undefined; unit: Unit }) {
  if (!latest) return null;
  return (
    <p className="flex items-baseline gap-2 px-1">
      <span className="text-lg leading-6 font-semibold text-ink" data-latest>
        {formatValue(latest[1], unit)}
      </span>
      {latest.length > 3 && latest[2] < latest[3] && (
        <span className="text-xs text-ink-3">
          {formatValue(latest[2], unit)} – {formatValue(latest[3], unit)}
        </span>
      )}
    </p>
  );
}
