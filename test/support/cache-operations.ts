import fc from 'fast-check';
import type { Aggregate } from '@/lib/model/aggregates';
import { HOUR, MINUTE, SECOND } from '@/lib/model/time/duration';

/**
 * What happens between two nodes and their Redis: late samples, questions, upkeep, a Redis that loses its data or
 * cannot be reached.
 */
export type CacheOperation =
  | { do: 'late'; node: number; series: number; at: number; value: number }
  | { do: 'ask'; node: number; start: number; steps: number; step: number; aggregates: Aggregate[] }
  | { do: 'maintain'; at: number }
  | { do: 'flush' }
  | { do: 'cut' }
  | { do: 'heal' };

const oneOfNodes = fc.integer({ min: 0, max: 1 });
export const cacheOperation: fc.Arbitrary<CacheOperation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('late' as const),
      node: oneOfNodes,
      series: fc.integer({ min: 0, max: 2 }),
      at: fc.integer({ min: 0, max: 4 * HOUR }),
      value: fc.integer({ min: 0, max: 100 }),
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      node: oneOfNodes,
      start: fc.constantFrom(0, 7, 30),
      steps: fc.integer({ min: 8, max: 150 }),
      step: fc.constantFrom(10 * SECOND, MINUTE),
      // Few, so that questions come again.
      aggregates: fc.constantFrom<Aggregate[]>(
        ['rate', 'last'],
        ['p99', 'avg', 'sum(rate)', 'max(delta)', 'stddev(last)', 'first'],
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('maintain' as const), at: fc.integer({ min: 0, max: 5 * HOUR }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<CacheOperation>({ do: 'flush' }, { do: 'cut' }) },
  { weight: 1, arbitrary: fc.constant<CacheOperation>({ do: 'heal' }) },
);
