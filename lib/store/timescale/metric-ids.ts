import type { Sql } from 'postgres';
import { arrayText } from '../arrays';

/** Which metric each series is of, as far as it has been met; the rest is asked of the database once. */
export class MetricIds {
  private readonly metricOf = new Map<number, number>();

  note(series: ReadonlyArray<{ id: number; metricId: number }>): void {
    for (const { id, metricId } of series) this.metricOf.set(id, metricId);
  }

  /** The metric ids of these series, position by position. @throws Error for a series that does not exist. */
  async of(sql: Sql, seriesIds: readonly number[]): Promise<number[]> {
    const missing = seriesIds.filter((id) => !this.metricOf.has(id));
    if (missing.length > 0) {
      this.note(
        await sql<Array<{ id: number; metricId: number }>>`
        select id, metric_id as "metricId" from series where id = any(${arrayText(missing)}::int4[])`,
      );
    }
    return seriesIds.map((id) => {
      const metricId = this.metricOf.get(id);
      if (metricId === undefined) throw new Error(`series ${id} is not in the catalogue`);
      return metricId;
    });
  }
}
