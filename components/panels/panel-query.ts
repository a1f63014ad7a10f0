import type { MetricType } from '@/lib/model/series';
import type { Query } from '@/lib/model/wire/query';

/**
 * The default query of a metric's panel: the rate of a counter, of any other metric the average, lowest and highest
 * sample.
 */
export function panelQuery(
  metric: string,
  type: MetricType,
  rest: Omit<Query, 'metric' | 'aggregate'> = {},
): Query {
  return { metric, aggregate: type === 'counter' ? 'rate' : 'avg,min,max', maxPoints: '300', ...rest };
}
