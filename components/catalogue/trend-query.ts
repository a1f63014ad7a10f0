import type { MetricType } from '@/lib/model/series';
import type { Query } from '@/lib/model/wire/query';

/** A metric's last minutes in coarse steps: short enough to be in memory, so that a page of them needs no database. */
export function trendQuery({ name, type }: { name: string; type: MetricType }): Query {
  return {
    metric: name,
    aggregate: type === 'counter' ? 'rate' : 'avg',
    start: 'now-5m',
    end: 'now',
    step: '10s',
  };
}
