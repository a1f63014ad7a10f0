import { CRITICAL_PERCENT, NOTABLE_PERCENT } from './figures';

/**
 * The colours of the fleet's map: one hue in steps of lightness, so that the order does not depend on seeing hues;
 * then, for percentages, the two warning colours of the bars, from the same values on.
 */
export interface MapColors {
  /** Lowest to highest. */
  steps: readonly string[];
  notable: string;
  critical: string;
  late: string;
  gone: string;
  /** A host that reports, but not this figure. */
  unknown: string;
  cursor: string;
}

export const MAP_COLORS: Record<'light' | 'dark', MapColors> = {
  light: {
    steps: ['#e1e9f8', '#c3d4f1', '#9db8e8', '#7196db', '#3f6cc4'],
    notable: '#d98a1f',
    critical: '#b3202c',
    late: '#8f5a00',
    gone: '#8a94a3',
    unknown: '#eceef1',
    cursor: '#12161d',
  },
  dark: {
    steps: ['#1a2740', '#233a66', '#2f5190', '#3f6cbc', '#6a97ee'],
    notable: '#f0a63c',
    critical: '#ff6f78',
    late: '#f0b444',
    gone: '#5b6675',
    unknown: '#222833',
    cursor: '#e8ebf0',
  },
};

/** The colour of a value on a scale that ends at `top`. */
export function colorOf(value: number, top: number, isPercent: boolean, colors: MapColors): string {
  if (isPercent && value >= CRITICAL_PERCENT) return colors.critical;
  if (isPercent && value >= NOTABLE_PERCENT) return colors.notable;
  const end = isPercent ? NOTABLE_PERCENT : top;
  const { steps } = colors;
  return steps[Math.min(steps.length - 1, Math.max(0, Math.floor((value / end) * steps.length)))];
}

/** The upper end of the scale: 100 for percentages, else a round number that nearly all values are below. */
export function scaleTop(values: readonly (number | null)[], isPercent: boolean): number {
  if (isPercent) return 100;
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return 1;
  // One host with an extreme value must not make all others look idle.
  return roundUp(known[Math.ceil(0.98 * (known.length - 1))]);
}

/** Up to 1, 2 or 5 times a power of ten; at the ends of float64, where there is none, the value itself. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const round = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= value * 0.999);
  return round && Number.isFinite(round) ? round : value;
}

export interface MapLayout {
  columns: number;
  rows: number;
  /** Distance from one cell to the next, px, not whole: cells fill the width. A cell leaves a gap of 1 or 2. */
  pitch: number;
  gap: number;
}

const LARGEST_PITCH = 28;
const SMALLEST_PITCH = 5;

/** The largest cells with which all hosts fit, from 5 to 28 px. */
export function layOut(count: number, width: number, height: number): MapLayout {
  let size = LARGEST_PITCH;
  const columnsOf = (pitch: number) => Math.max(1, Math.floor(width / pitch));
  const fits = (pitch: number) => Math.ceil(count / columnsOf(pitch)) * (width / columnsOf(pitch)) <= height;
  while (size > SMALLEST_PITCH && !fits(size)) size--;
  const columns = columnsOf(size);
  // A short row keeps the largest size instead of filling the width.
  const pitch = count < columns ? size : width / columns;
  return { columns, rows: Math.ceil(count / columns), pitch, gap: pitch >= 12 ? 2 : 1 };
}
