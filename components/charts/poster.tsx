import { yOf } from './plot';
import type { ChartSeries } from './series';
import { SeriesPaths } from './series-paths';
import type { Axis } from './ticks';

export interface PosterProps {
  height: number;
  margin: { top: number; right: number; bottom: number; left: number };
  x: readonly [number, number];
  y: Axis;
  formatY(value: number): string;
  series: readonly ChartSeries[];
  step: number;
  openFrom: number;
}

/** An arbitrary width: the drawing is stretched to its container. */
const WIDTH = 800;

/**
 * The chart as the server draws it, without knowing its width: recharts renders nothing on a server. It is shown until
 * recharts has drawn. Only the browser, which knows the time zone, draws times.
 */
export function Poster({ height, margin, x, y, formatY, series, step, openFrom }: PosterProps) {
  const plot = { width: WIDTH, height: height - margin.top - margin.bottom, x, y: y.domain };
  return (
    <div className="absolute inset-0" data-poster aria-hidden>
      {y.ticks.map((tick) => {
        const top = margin.top + yOf(plot, tick);
        return (
          <div
            key={tick}
            className="absolute right-0 left-0 flex h-0 items-center text-[11px] text-ink-3"
            style={{ top }}
          >
            <span className="shrink-0 pr-2 text-right" style={{ width: margin.left }}>
              {formatY(tick)}
            </span>
            <span className="h-px grow bg-line" style={{ marginRight: margin.right }} />
          </div>
        );
      })}
      <svg
        aria-hidden
        viewBox={`0 0 ${WIDTH} ${plot.height}`}
        preserveAspectRatio="none"
        className="absolute"
        style={{
          left: margin.left,
          top: margin.top,
          width: `calc(100% - ${margin.left + margin.right}px)`,
          height: plot.height,
        }}
      >
        <SeriesPaths series={series} plot={plot} step={step} openFrom={openFrom} />
      </svg>
    </div>
  );
}
