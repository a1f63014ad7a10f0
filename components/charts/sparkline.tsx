import { saturated } from '@/lib/model/arithmetic';
import type { WholePoint } from '@/lib/model/points';
import { cn } from '../ui/cn';
import { type Plot, seriesPaths } from './plot';
import { extentOf } from './ticks';

export interface SparklineProps {
  points: readonly WholePoint[];
  step: number;
  /** Range of the drawing; the points' own when left out. */
  start?: number;
  end?: number;
  /** Fixed ends of the value axis, for sparklines that are to be compared. */
  low?: number;
  high?: number;
  color?: string;
  className?: string;
}

const WIDTH = 100;
const HEIGHT = 24;

/** A line without axes, for tables. Says nothing to assistive technology: put the figure beside it. */
export function Sparkline({
  points,
  step,
  start,
  end,
  low,
  high,
  color = 'var(--series-1)',
  className,
}: SparklineProps) {
  const first = start ?? points[0]?.[0] ?? 0;
  const last = Math.max(first + step, end ?? points[points.length - 1]?.[0] ?? 0);
  const found = extentOf([points], [1], [first, last]) ?? [0, 1];
  const bottom = low ?? (found[0] >= 0 && found[0] < found[1] * 0.6 ? 0 : found[0]);
  const top = high ?? found[1];
  // Room for half a line's width above and below.
  const margin = Math.max(0, top * 0.06 - bottom * 0.06);
  const plot: Plot = {
    width: WIDTH,
    height: HEIGHT,
    x: [first, last],
    y: [saturated(bottom - margin), saturated(top + margin)],
  };
  const { line, openLine, dots } = seriesPaths(points, plot, step, last - step);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden
      focusable="false"
      className={cn('h-6 w-full overflow-visible', className)}
      fill="none"
      stroke={color}
      strokeWidth={1.25}
      strokeLinejoin="round"
      strokeLinecap="round"
    >
      {(line || openLine) && <path d={line + openLine} vectorEffect="non-scaling-stroke" />}
      {dots.map(({ x, y }) => (
        <path key={x} d={`M${x},${y}h0`} strokeWidth={3} vectorEffect="non-scaling-stroke" />
      ))}
    </svg>
  );
}
