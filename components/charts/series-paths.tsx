import { type Plot, seriesPaths } from './plot';
import type { ChartSeries } from './series';

interface SeriesPathsProps {
  series: readonly ChartSeries[];
  plot: Plot;
  step: number;
  /** Points that start later are still filling: drawn dashed and lighter. */
  openFrom: number;
}

/**
 * The lines and bands. Drawn here rather than by recharts' `Line` and `Area`, which break a line only at a null in
 * a row shared by all series: series that report at different times would be cut into pieces or joined across real
 * gaps. The server can draw these paths too, and they are several times cheaper to update.
 */
export function SeriesPaths({ series, plot, step, openFrom }: SeriesPathsProps) {
  return series.map(({ key, color, dash, points, band }) => {
    const paths = seriesPaths(points, plot, step, openFrom);
    return (
      <g key={key} fill="none" stroke={color} strokeLinejoin="round" strokeLinecap="round" data-series={key}>
        {band && paths.band && (
          <path d={paths.band} fill={color} fillOpacity={0.16} stroke="none" data-part="band" />
        )}
        {paths.line && (
          <path
            d={paths.line}
            strokeWidth={1.5}
            strokeDasharray={dash}
            vectorEffect="non-scaling-stroke"
            data-part="line"
          />
        )}
        {paths.openLine && (
          <path
            d={paths.openLine}
            strokeWidth={1.5}
            strokeDasharray="2 4"
            strokeOpacity={0.75}
            vectorEffect="non-scaling-stroke"
            data-part="open"
          />
        )}
        {paths.dots.map(({ x, y, open }) => (
          // A path of no length with round ends is a dot that stays round when the drawing is stretched.
          <path
            key={x}
            d={`M${x},${y}h0`}
            strokeWidth={5}
            strokeOpacity={open ? 0.5 : 1}
            vectorEffect="non-scaling-stroke"
            data-part="dot"
          />
        ))}
      </g>
    );
  });
}
