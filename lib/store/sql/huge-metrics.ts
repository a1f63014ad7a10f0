import type { ISql } from 'postgres';
import { isTame } from '../../model/arithmetic';
import type { SampleRows } from '../../model/samples';
import { arrayText } from '../arrays';

/**
 * Notes which metrics have huge values, before the first of them is stored: whoever sees the sample sees the note.
 * Other metrics, which is nearly always all, are added up as they are and pay nothing for it.
 */
export class HugeMetrics {
  /** Series whose metric has been noted by this process. */
  private readonly noted = new Set<number>();

  async note(sql: ISql, { seriesIds, values }: SampleRows): Promise<void> {
    const found = new Set<number>();
    for (let i = 0; i < values.length; i++)
      if (!isTame(values[i]) && !this.noted.has(seriesIds[i])) found.add(seriesIds[i]);
    if (found.size === 0) return;
    await sql`
      insert into huge_metrics (metric_id)
      select distinct metric_id from series where id = any(${arrayText([...found])}::int4[])
      order by metric_id
      on conflict do nothing`;
    for (const id of found) this.noted.add(id);
  }
}
