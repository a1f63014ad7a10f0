import { formatValue, type Unit } from '@/lib/model/format';
import { formatDateTime } from '@/lib/model/format-time';
import { cn } from '../ui/cn';
import { gapLimit, nearestPoint, type Plot, xOf } from './plot';
import type { ChartSeries } from './series';

interface ChartTooltipProps {
  t: number;
  series: readonly ChartSeries[];
  plot: Plot;
  step: number;
  unit: Unit;
}

const ROWS = 8;

/** The values at the crosshair, highest first, beside it on the side with more room. */
export function ChartTooltip({ t, series, plot, step, unit }: ChartTooltipProps) {
  const rows = series.flatMap(({ key, name, color, points }) => {
    const point = nearestPoint(points, t, gapLimit(points, step) / 2);
    return point ? { key, name, color, point } : [];
  });
  rows.sort((a, b) => b.point[1] - a.point[1]);
  const left = xOf(plot, t);
  const onTheRight = left < plot.width / 2;
  return (
    <div
      className={cn(
        'pointer-events-none absolute top-1 z-20 max-w-[min(22rem,70vw)] rounded-md border bg-raised/95 px-2.5 py-1.5 text-xs shadow-pop',
      )}
      style={onTheRight ? { left: left + 12 } : { right: plot.width - left + 12 }}
      data-tooltip
    >
      <p className="mb-1 whitespace-nowrap text-ink-3">{formatDateTime(t, step)}</p>
      {rows.length === 0 && <p className="text-ink-2">No data here</p>}
      {rows.slice(0, ROWS).map(({ key, name, color, point }) => (
        <p key={key} className="flex items-baseline gap-2">
          <span
            aria-hidden
            className="size-2 shrink-0 translate-y-px rounded-full"
            style={{ background: color }}
          />
          <span className="min-w-0 truncate text-ink-2">{name}</span>
          <span className="ml-auto pl-2 font-medium whitespace-nowrap text-ink">
            {formatValue(point[1], unit)}
            {point.length > 3 && point[2] < point[3] && (
              <span className="pl-1.5 font-normal text-ink-3">
                {formatValue(point[2], unit)} – {formatValue(point[3], unit)}
              </span>
            )}
          </span>
        </p>
      ))}
      {rows.length > ROWS && <p className="text-ink-3">and {rows.length - ROWS} more</p>}
    </div>
  );
}
