import type { ISql } from 'postgres';
import type { Labels } from '../../model/labels';
import type { MetricType, StoredSeries } from '../../model/series';
import type { Run } from '../lane';

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

/**
 * The catalogue in pages, oldest series first: those with an id above `after`. Each page is a statement of its
 * own, not a cursor's: the driver does not survive losing its session in the middle of one.
 */
export async function* loadSeries(run: Run<ISql>, after: number): AsyncGenerator<StoredSeries[]> {
  for (let last = after; ; ) {
    const rows = await run((sql) => loadPage(sql, last));
    if (rows.length === 0) return;
    yield rows.map((row) => ({
      id: row.id,
      metricId: row.metric_id,
      metric: row.metric,
      labels: row.labels,
      type: row.type,
      unit: row.unit,
      lastSeen: row.last_seen,
    }));
    last = rows[rows.length - 1].id;
  }
}

function loadPage(sql: ISql, after: number): Promise<Row[]> {
  return sql<Row[]>`
    select s.id, s.metric_id, m.name as metric, m.type, m.unit, s.labels,
      coalesce(round(date_part('epoch', s.last_seen) * 1000), 0) as last_seen
    from series s join metrics m on m.id = s.metric_id
    where s.id > ${after}
    order by s.id
    limit ${PAGE}`;
}
