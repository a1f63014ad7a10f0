import type { ISql } from 'postgres';
import type { StoredSeries } from '../../catalogue/registry';
import type { Labels, MetricType } from '../../model';

const PAGE = 5_000;

interface Row {
  id: number;
  metric_id: number;
  metric: string;
  type: MetricType;
  unit: string;
  labels: Labels;
  last_seen: number;
}

/** The catalogue in pages, oldest series first: those with an id above `after`. */
export async function* loadSeries(sql: ISql, after: number): AsyncGenerator<StoredSeries[]> {
  const cursor = sql<Row[]>`
    select s.id, s.metric_id, m.name as metric, m.type, m.unit, s.labels,
      coalesce(round(date_part('epoch', s.last_seen) * 1000), 0) as last_seen
    from series s join metrics m on m.id = s.metric_id
    where s.id > ${after}
    order by s.id`.cursor(PAGE);
  for await (const rows of cursor) {
    yield rows.map((row) => ({
      id: row.id,
      metricId: row.metric_id,
      metric: row.metric,
      labels: row.labels,
      type: row.type,
      unit: row.unit,
      lastSeen: row.last_seen,
    }));
  }
}
