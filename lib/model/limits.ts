import { MINUTE } from './time/duration';

/** What a sample, and the body that brings it, may have at most. */
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
