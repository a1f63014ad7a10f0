import { createHash } from 'node:crypto';
import type { ISql } from 'postgres';
import { type MetricType, type SeriesIdentity, type StoredSeries, seriesKey } from '../../model/series';

interface Row {
  ordinal: number;
  id: number;
  metric_id: number;
  type: MetricType;
  unit: string;
  last_seen: number;
  is_new: boolean;
}

/** Finds or creates series, in the order given. A type or unit that is given replaces what the metric had. */
export async function ensureSeries(
  sql: ISql,
  identities: readonly SeriesIdentity[],
): Promise<StoredSeries[]> {
  const wanted = identities.map(({ metric, labels, type, unit }) => ({
    metric,
    labels,
    type,
    unit,
    digest: seriesDigest(seriesKey(metric, labels)),
  }));
  // What the function creates the statement around it does not see.
  const rows = await sql<Row[]>`
    select ordinal::int, id, metric_id, type, unit, coalesce(round(date_part('epoch', last_seen) * 1000), 0) as last_seen,
      not exists (select from series s where s.id = e.id) as is_new
    from ensure_series(${JSON.stringify(wanted)}::text::jsonb) e`;
  return rows.map((row) => ({
    id: row.id,
    metricId: row.metric_id,
    metric: identities[row.ordinal - 1].metric,
    labels: identities[row.ordinal - 1].labels,
    type: row.type,
    unit: row.unit,
    lastSeen: row.last_seen,
    isNew: row.is_new,
  }));
}

/** 128 bits of the key's SHA-256, as 32 hex digits: what the database holds unique, since keys outgrow an index row. */
function seriesDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
