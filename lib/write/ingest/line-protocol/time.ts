import { PulseError } from '../../../model/errors';
import type { Precision } from '../timestamp';

/** A unit of timestamps, and how many ms it has; `auto` goes by how many digits there are. */
const UNITS = {
  ns: { digits: 6, ms: 1, names: ['n', 'ns', 'nanosecond'] },
  us: { digits: 3, ms: 1, names: ['u', 'us', 'µ', 'microsecond'] },
  ms: { digits: 0, ms: 1, names: ['ms', 'millisecond'] },
  s: { digits: 0, ms: 1_000, names: ['s', 'second'] },
  m: { digits: 0, ms: 60_000, names: ['m'] },
  h: { digits: 0, ms: 3_600_000, names: ['h'] },
} as const;
type Unit = keyof typeof UNITS;
export type LineUnit = Unit | 'auto';

const UNIT_OF_NAME = new Map<string, LineUnit>([['auto', 'auto']]);
for (const unit of Object.keys(UNITS) as Unit[])
  for (const name of UNITS[unit].names) UNIT_OF_NAME.set(name, unit);

/** What `precision` may be, in any version of the protocol. */
export const LINE_PRECISIONS = [...UNIT_OF_NAME.keys()] as [string, ...string[]];

/** As InfluxDB 3 guesses: up to so many in seconds, milliseconds, microseconds. */
const GUESSES: Array<[below: number, unit: Unit]> = [
  [5e9, 's'],
  [5e12, 'ms'],
  [5e15, 'us'],
];

/** @throws PulseError `bad_parameter` */
export function readUnit(name: string): LineUnit {
  const unit = UNIT_OF_NAME.get(name);
  if (unit) return unit;
  throw new PulseError('bad_parameter', `precision must be one of ${LINE_PRECISIONS.join(', ')}.`, {
    details: [{ parameter: 'precision' }],
  });
}

/** The same as our own protocol has it, for advice about a timestamp in another unit. */
export function precisionOf(unit: LineUnit): Precision | undefined {
  return unit === 'auto' || unit === 'm' || unit === 'h' ? undefined : unit;
}

/** Epoch ms, rounded down: from the digits, since a float64 does not hold nanoseconds. Null for what is no time. */
export function readTime(text: string, unit: LineUnit): number | null {
  if (!/^-?\d{1,19}$/.test(text)) return null;
  const { digits, ms } = UNITS[unit === 'auto' ? guess(Number(text)) : unit];
  if (digits === 0) return Number(text) * ms;
  const whole = Number(text.slice(0, -digits));
  if (!text.startsWith('-')) return whole;
  return (Number.isNaN(whole) ? 0 : whole) - (Number(text.slice(-digits)) === 0 ? 0 : 1);
}

function guess(time: number): Unit {
  return GUESSES.find(([below]) => Math.abs(time) < below)?.[1] ?? 'ns';
}
