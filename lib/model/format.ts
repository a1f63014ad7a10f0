import { parseAggregate, type Stages, stagesOf } from './aggregates';
import { saturated } from './arithmetic';

/**
 * Values for people. Everything here is locale-fixed (en): a server renders it too, and the browser's first render says
 * the same.
 */

/** How a metric's values read. `scale` turns a stored value into the unit's own (0.25 → 25 %). */
export interface Unit {
  kind:
    | 'number'
    | 'percent'
    | 'bytes'
    | 'bits'
    | 'seconds'
    | 'temperature'
    | 'hertz'
    | 'volts'
    | 'watts'
    | 'rpm';
  perSecond: boolean;
  scale: number;
  /** What an unscaled plain number counts, shown behind it ("requests"); often empty. */
  noun: string;
}

type UnitRow = Pick<Unit, 'kind'> & Partial<Unit>;

/** By declared unit and by name suffix alike (Prometheus and OpenMetrics conventions). */
const UNITS: Record<string, UnitRow> = {
  percent: { kind: 'percent' },
  '%': { kind: 'percent' },
  pct: { kind: 'percent' },
  ratio: { kind: 'percent', scale: 100 },
  bytes: { kind: 'bytes' },
  byte: { kind: 'bytes' },
  b: { kind: 'bytes' },
  kilobytes: { kind: 'bytes', scale: 1e3 },
  megabytes: { kind: 'bytes', scale: 1e6 },
  gigabytes: { kind: 'bytes', scale: 1e9 },
  kib: { kind: 'bytes', scale: 2 ** 10 },
  mib: { kind: 'bytes', scale: 2 ** 20 },
  gib: { kind: 'bytes', scale: 2 ** 30 },
  'bytes/s': { kind: 'bytes', perSecond: true },
  'bytes/second': { kind: 'bytes', perSecond: true },
  bytes_per_second: { kind: 'bytes', perSecond: true },
  bits: { kind: 'bits' },
  'bits/s': { kind: 'bits', perSecond: true },
  bits_per_second: { kind: 'bits', perSecond: true },
  seconds: { kind: 'seconds' },
  second: { kind: 'seconds' },
  s: { kind: 'seconds' },
  milliseconds: { kind: 'seconds', scale: 1e-3 },
  ms: { kind: 'seconds', scale: 1e-3 },
  microseconds: { kind: 'seconds', scale: 1e-6 },
  us: { kind: 'seconds', scale: 1e-6 },
  nanoseconds: { kind: 'seconds', scale: 1e-9 },
  minutes: { kind: 'seconds', scale: 60 },
  celsius: { kind: 'temperature' },
  hertz: { kind: 'hertz' },
  hz: { kind: 'hertz' },
  volts: { kind: 'volts' },
  watts: { kind: 'watts' },
  rpm: { kind: 'rpm' },
};

/**
 * The unit of a metric's values under an aggregate: its declared unit, else its name's suffix
 * (`…_bytes`, `…_bytes_total`, `…_bytes_per_second`). `rate` makes it per second, `count` counts samples or series.
 */
export function unitOf(metric: string, declared = '', aggregate = 'avg'): Unit {
  const { outer, inner } = stagesFor(aggregate);
  if (outer === 'count' || inner === 'count')
    return { kind: 'number', perSecond: false, scale: 1, noun: outer === 'count' ? 'series' : 'samples' };
  const row = UNITS[declared.trim().toLowerCase()] ?? bySuffix(metric);
  const unit: Unit = {
    perSecond: false,
    scale: 1,
    noun: row ? '' : declared.trim(),
    ...(row ?? { kind: 'number' }),
  };
  if (inner !== 'rate') return unit;
  // Seconds per second is a share of time: 0.42 s/s of CPU is 42 % of one core.
  if (unit.kind === 'seconds')
    return { kind: 'percent', perSecond: false, scale: unit.scale * 100, noun: '' };
  return { ...unit, perSecond: true };
}

/** What is not an aggregate, the answer to the question says. */
function stagesFor(text: string): Stages {
  return stagesOf(parseAggregate(text) ?? 'avg');
}

function bySuffix(metric: string): UnitRow | undefined {
  const words = metric
    .toLowerCase()
    .replace(/_total$/, '')
    .split(/[_./:-]/);
  for (const count of [3, 2, 1]) {
    const row = words.length > count && UNITS[words.slice(-count).join('_')];
    // A lone letter at the end of a name ("shard_b") is rarely a unit.
    if (row && words.at(-1)!.length > 1) return row;
  }
  return undefined;
}

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const SUBUNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
] as const;

/**
 * A value with its unit: `41.5 %`, `1.25 GiB/s`, `12 ms`, `3.4k`. `digits`: significant digits at least shown when
 * useful.
 */
export function formatValue(value: number, unit: Unit, digits = 3): string {
  const { factor, suffix } = scaleFor(value, unit);
  const text = figure(scaledBy(value, unit) / factor, digits);
  return `${text}${suffix}`;
}

/**
 * One formatter for all ticks of an axis, so that they share a scale (`0.5 GiB`, `1.0 GiB`, not `512 MiB`, `1 GiB`).
 * What plain numbers count is not said: an axis has no room for any word that somebody may declare.
 */
export function axisFormatter(ticks: readonly number[], ofValues: Unit): (value: number) => string {
  const unit = { ...ofValues, noun: '' };
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const { factor, suffix } = scaleFor(largest, unit);
  const gap = ticks.length > 1 ? Math.abs(scaledBy(ticks[1] - ticks[0], unit)) / factor : 1;
  if (gap > 0 && (gap < SMALLEST_GAP || Math.abs(scaledBy(largest, unit)) / factor >= NO_FIGURE))
    return exponents(unit, factor, suffix);
  const decimals = gap > 0 ? Math.min(6, Math.max(0, -Math.floor(Math.log10(gap) + 1e-9))) : 0;
  // 2.5 steps need the extra digit that their power of ten alone would not show.
  const needed = decimals < 6 && Math.abs(round(gap, decimals) - gap) > gap * 1e-6 ? decimals + 1 : decimals;
  return (value) => {
    const scaled = scaledBy(value, unit) / factor;
    // A breaking space would let a narrow axis put the unit on a line of its own.
    return `${(scaled === 0 ? 0 : scaled).toFixed(needed)}${suffix.replace(' ', '\u00a0')}`;
  };
}

/** Six decimals are as many as an axis has room for. */
const SMALLEST_GAP = 1e-6;
/** From here on a figure in its largest unit has more digits than anybody reads. */
const NO_FIGURE = 1e9;

/** `1.5e+300`, for axes that no other way of writing fits. */
function exponents(unit: Unit, factor: number, suffix: string): (value: number) => string {
  return (value) => {
    const scaled = scaledBy(value, unit) / factor;
    return `${scaled === 0 ? '0' : exponential(scaled, 3)}${suffix.replace(' ', '\u00a0')}`;
  };
}

function exponential(value: number, digits: number): string {
  return value.toExponential(digits - 1).replace(/\.?0+e/, 'e');
}

/** A stored value in the unit's own. */
function scaledBy(value: number, unit: Unit): number {
  return Number.isFinite(value) ? saturated(value * unit.scale) : value;
}

function round(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

function scaleFor(value: number, unit: Unit): { factor: number; suffix: string } {
  const size = Math.abs(scaledBy(value, unit));
  const rate = unit.perSecond ? '/s' : '';
  switch (unit.kind) {
    case 'percent':
      return { factor: 1, suffix: ' %' };
    case 'bytes': {
      const power = size < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(size) / 10 + 1e-12));
      return { factor: 1024 ** power, suffix: ` ${BINARY[power]}${rate}` };
    }
    case 'seconds':
      return secondsScale(size);
    case 'temperature':
      return { factor: 1, suffix: ' °C' };
    case 'rpm':
      return { factor: 1, suffix: ' rpm' };
    case 'bits':
      return decimalScale(size, ` `, `bit${rate}`);
    case 'hertz':
      return decimalScale(size, ' ', 'Hz');
    case 'volts':
      return decimalScale(size, ' ', 'V');
    case 'watts':
      return decimalScale(size, ' ', 'W');
    case 'number':
      return decimalScale(size, '', `${unit.noun && ` ${unit.noun}`}${rate}`);
  }
}

function decimalScale(size: number, gap: string, word: string): { factor: number; suffix: string } {
  // Plain figures stay whole up to 10,000: "1,440 samples" says more than "1.44k samples".
  const power =
    size < 1e4 || size >= 1e3 ** DECIMAL.length
      ? 0
      : Math.min(DECIMAL.length - 1, Math.floor(Math.log10(size) / 3 + 1e-12));
  return { factor: 1e3 ** power, suffix: `${gap}${DECIMAL[power]}${word}` };
}

function secondsScale(size: number): { factor: number; suffix: string } {
  if (size >= 2 * 86_400) return { factor: 86_400, suffix: ' d' };
  if (size >= 2 * 3_600) return { factor: 3_600, suffix: ' h' };
  if (size >= 120) return { factor: 60, suffix: ' min' };
  const [factor, word] =
    SUBUNITS.find(([limit]) => size >= limit) ?? (size === 0 ? SUBUNITS[0] : SUBUNITS[3]);
  return { factor, suffix: ` ${word}` };
}

function figure(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 10 ** -(digits + 1)) return value.toExponential(1);
  // What is shown decides: 0.9999 is rounded to 1, and has as many digits as 1.
  const rounded = Number(size.toPrecision(digits));
  if (rounded >= NO_FIGURE) return exponential(value, digits);
  const decimals = Math.max(0, Math.min(digits + 2, digits - 1 - Math.floor(Math.log10(rounded))));
  // A whole number stays one; any other keeps its zeros, so that a live figure does not change its width.
  return group(Number.isInteger(value) ? String(value) : value.toFixed(decimals));
}

/** Thousands separated by commas, in the whole part only. */
function group(text: string): string {
  const [whole, fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A whole number with thousands separated: `12,400`. */
export function formatCount(value: number): string {
  return group(String(Math.round(value)));
}
