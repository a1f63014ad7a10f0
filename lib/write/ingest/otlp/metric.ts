import type { MetricType } from '../../../model/series';
import { toMetricName, toUnit } from '../names';

/** `AggregationTemporality`: a point counts since the one before. */
export const DELTA = 1;

/** A metric as ours, whose points follow. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  /** Of its number points. */
  readonly type: MetricType;
  /** Whether each point counts since the one before. Of what goes up and down that is no count. */
  readonly isDelta: boolean;
}

/** Units that have another name in UCUM than here; `1` says only that there is none. */
const UNITS: Readonly<Record<string, string>> = {
  '1': '',
  By: 'bytes',
  KiBy: 'KiB',
  MiBy: 'MiB',
  GiBy: 'GiB',
  'By/s': 'bytes/s',
  bit: 'bits',
  'bit/s': 'bits/s',
  min: 'minutes',
  Cel: 'celsius',
  V: 'volts',
  W: 'watts',
};

/** A noun in braces is a count of it. */
export function unitOfUcum(unit: string): string | undefined {
  const noun = /^\{([^{}]*)\}$/.exec(unit);
  return toUnit(noun ? noun[1] : Object.hasOwn(UNITS, unit) ? UNITS[unit] : unit);
}

export interface SentMetric {
  name: string;
  unit: string;
  /** Whether it is a sum, and not a gauge. */
  isSum: boolean;
  isMonotonic: boolean;
  temporality: number;
}

export function toMetric({ name, unit, isSum, isMonotonic, temporality }: SentMetric): OtlpMetric {
  const isCounter = isSum && isMonotonic;
  return {
    name: toMetricName(name),
    unit: unitOfUcum(unit),
    type: isCounter ? 'counter' : 'gauge',
    isDelta: temporality === DELTA && (isCounter || !isSum),
  };
}
