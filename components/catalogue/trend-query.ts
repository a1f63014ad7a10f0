import type { MetricType } from '@/lib/model/series';
import type { Query } from '@/lib/model/wire/query';

/** A metric's last minutes, coarse: as long as the memory tier certainly reaches, so a page of them costs no database. */
export function trendQuery({ name, type }: { name: string; type: MetricType }): Query {
  return {
    metric: name,
    aggregate: type === 'counter' ? 'rate' : 'avg',
    start: 'now-5m',
    end: 'now',
    step: '10s',
  };
}
