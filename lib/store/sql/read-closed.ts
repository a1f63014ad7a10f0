import type { ISql } from 'postgres';
import type { ClosedPast } from '../store';

/** How far a metric's past is closed, and its name, in one snapshot. */
export async function readClosed(sql: ISql, metricId: number): Promise<ClosedPast> {
  const [row] = await sql<[{ before: number; version: string }]>`
    select date_part('epoch', sealed) * 1000 as before, (
      select string_agg(version::text, ':' order by metric_id) from closed_versions where metric_id in (0, ${metricId})
    ) as version
    from rollup_state`;
  return { before: row.before, version: row.version };
}
