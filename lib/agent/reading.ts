import type { Labels } from '../model/labels';

/** One figure of this machine, without the time and the host: those belong to the whole batch. */
export interface Reading {
  name: string;
  value: number;
  type: 'gauge' | 'counter';
  unit: string;
  labels?: Labels;
}

/** Something to read figures from. A source that fails is left out of that tick. */
export interface Source {
  readonly name: string;
  readonly everyMs: number;
  /**
   * Its reading may hang (a file system, a sensor): no tick waits for it. What it read joins the first tick after.
   */
  readonly inBackground?: boolean;
  read(): Reading[] | Promise<Reading[]>;
}

/**
 * @param unit of the value, as in the suffix of the name: `percent`, `bytes`, `seconds`, `celsius`; empty for a count
 */
export function gauge(name: string, unit: string, value: number, labels?: Labels): Reading {
  return { name, value, type: 'gauge', unit, labels };
}

export function counter(name: string, unit: string, value: number, labels?: Labels): Reading {
  return { name, value, type: 'counter', unit, labels };
}

/** 0 to 100, two decimals: what lies beyond is noise and only makes bodies longer. 0 when there is no whole. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  return Math.round(Math.min(1, Math.max(0, part / whole)) * 10_000) / 100;
}
