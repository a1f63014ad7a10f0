import type { ISql } from 'postgres';
import { arrayText } from '../arrays';

const FIRST_CAPACITY = 1_024;

/** Which metric each series is of, as far as it has been met; the rest is asked of the database once. */
export class MetricIds {
  /** By series id; 0 where it is not known yet: ids begin at 1. */
  private metricOf = new Int32Array(FIRST_CAPACITY);

  note(series: ReadonlyArray<{ id: number; metricId: number }>): void {
    for (const { id, metricId } of series) {
      if (id >= this.metricOf.length) {
        const larger = new Int32Array(Math.max(id + 1, this.metricOf.length * 2));
        larger.set(this.metricOf);
        this.metricOf = larger;
      }
      this.metricOf[id] = metricId;
    }
  }

  /** The metric ids of these series, position by position. @throws Error for a series that does not exist. */
  async of(sql: ISql, seriesIds: readonly number[]): Promise<Int32Array> {
    const missing = new Set<number>();
    const found = this.lookUp(seriesIds, missing);
    if (missing.size === 0) return found;
    this.note(
      await sql<Array<{ id: number; metricId: number }>>`
      select id, metric_id as "metricId" from series where id = any(${arrayText([...missing])}::int4[])`,
    );
    const absent = new Set<number>();
    const all = this.lookUp(seriesIds, absent);
    if (absent.size > 0) throw new Error(`series ${[...absent].join(', ')} are not in the catalogue`);
    return all;
  }

  private lookUp(seriesIds: readonly number[], missing: Set<number>): Int32Array {
    const metricIds = new Int32Array(seriesIds.length);
    for (let i = 0; i < seriesIds.length; i++) {
      const id = seriesIds[i];
      metricIds[i] = id < this.metricOf.length ? this.metricOf[id] : 0;
      if (metricIds[i] === 0) missing.add(id);
    }
    return metricIds;
  }
}
