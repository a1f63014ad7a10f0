import fc from 'fast-check';
import { type Aggregate, INNER_AGGREGATES, OUTER_AGGREGATES } from '@/lib/model/aggregates';

const PERCENTILES = ['p0', 'p50', 'p90', 'p99.9', 'p100'] as const;

/** Of each kind of aggregate there is some. */
export const ONE_STAGE: readonly Aggregate[] = [...INNER_AGGREGATES, ...PERCENTILES];
export const TWO_STAGES: readonly Aggregate[] = [...OUTER_AGGREGATES, ...PERCENTILES].flatMap((outer) =>
  [...INNER_AGGREGATES, ...PERCENTILES].map((inner): Aggregate => `${outer}(${inner})`),
);

/** What one question may ask for: a mix of anything. */
export const anyAggregates: fc.Arbitrary<Aggregate[]> = fc.uniqueArray(
  fc.oneof(fc.constantFrom(...ONE_STAGE), fc.constantFrom(...TWO_STAGES)),
  { minLength: 1, maxLength: 8, size: 'max' },
);
