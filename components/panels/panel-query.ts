import type { MetricType } from '@/lib/model/series';
import type { Query } from '@/lib/model/wire/query';

/**
 * The question a panel asks of a metric unless somebody chose otherwise: a counter by its rate, anything else by
 * its average within the band of its lowest and highest sample.
 */
export function panelQuery(
  metric: string,
  type: MetricType,
  rest: Omit<Query, 'metric' | 'aggregate'> = {},
): Query {
  return { metric, aggregate: type === 'counter' ? 'rate' : 'avg,min,max', maxPoints: '300', ...rest };
}
