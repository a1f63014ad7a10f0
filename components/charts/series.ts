import type { WholePoint } from '@/lib/model/points';

/** One line of a chart: what it is called, how it looks, and its points `[t, value]` or `[t, avg, min, max]`. */
export interface ChartSeries {
  key: string;
  name: string;
  color: string;
  /** SVG dash pattern, where the palette's colours have come round again. */
  dash?: string;
  points: readonly WholePoint[];
  /** Draw the band between its lowest and highest values. */
  band: boolean;
  /** What the values are: one aggregate, or an average with `min,max`. */
  aggregate: string;
}

/**
 * Aggregates that grow while their step fills, as do those that add up or count series, which have not all reported
 * yet (a rate does): until the step is over, the value says less than it seems to.
 */
const GROWING = /^(sum|count|increase|rate|delta)\b|\((sum|count|increase)\)$/;

/** The newest point worth quoting as a figure; undefined when there is none. */
export function latestPoint(
  points: readonly WholePoint[],
  aggregate: string,
  openFrom: number,
): WholePoint | undefined {
  if (!GROWING.test(aggregate)) return points[points.length - 1];
  return points.findLast(([t]) => t <= openFrom);
}

const COLORS = 8;
const DASHES = [undefined, '6 3', '2 3'] as const;

/** The looks of the n-th line: eight colours, then again dashed, then dotted. */
export function lookOf(slot: number): Pick<ChartSeries, 'color' | 'dash'> {
  return {
    color: `var(--series-${(slot % COLORS) + 1})`,
    dash: DASHES[Math.floor(slot / COLORS) % DASHES.length],
  };
}
