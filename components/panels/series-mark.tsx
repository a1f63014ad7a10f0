import type { ChartSeries } from '../charts/series';

/** A piece of the line, so that dashed lines can be identified too. */
export function SeriesMark({ color, dash }: Pick<ChartSeries, 'color' | 'dash'>) {
  return (
    <svg aria-hidden focusable="false" viewBox="0 0 14 8" className="h-2 w-3.5 shrink-0">
      <line
        x1="1"
        x2="13"
        y1="4"
        y2="4"
        stroke={color}
        strokeWidth="3"
        strokeDasharray={dash}
        strokeLinecap="round"
      />
    </svg>
  );
}
