import type { WholePoint } from '@/lib/model/points';

/** One line of a chart: its name, its look, and its points `[t, value]` or `[t, avg, min, max]`. */
export interface ChartSeries {
  key: string;
  name: string;
  color: string;
  /** SVG dash pattern, where a colour is used a second time. */
  dash?: string;
  points: readonly WholePoint[];
  /** Draw the band between its lowest and highest values. */
  band: boolean;
  /** What the values are: one aggregate, or an average with `min,max`. */
  aggregate: string;
}

/**
 * Aggregates that grow during their step, and those that add up or count series, which have not all reported yet (as a
 * rate does): their value is too low until the step is over.
 */
const GROWING = /^(sum|count|increase|rate|delta)\b|\((sum|count|increase)\)$/;

/** The newest point whose value is complete enough to show as a figure; undefined when there is none. */
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

/** The look of the n-th line: eight colours solid, then dashed, then dotted. */
export function lookOf(slot: number): Pick<ChartSeries, 'color' | 'dash'> {
  return {
    color: `var(--series-${(slot % COLORS) + 1})`,
    dash: DASHES[Math.floor(slot / COLORS) % DASHES.length],
  };
}
