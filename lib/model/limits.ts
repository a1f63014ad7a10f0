import { MINUTE } from './time/duration';

/** Limits of a sample, and of the body that it comes in. */
export const LIMITS = {
  metricNameLength: 200,
  labelNameLength: 64,
  labelValueLength: 256,
  labelsPerSeries: 32,
  unitLength: 32,
  samplesPerJsonBody: 10_000,
  errorsListed: 100,
  maxClockAheadMs: 10 * MINUTE,
} as const;
