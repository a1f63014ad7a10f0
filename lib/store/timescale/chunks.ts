import type { ISql } from 'postgres';
import type { TimeRange } from '../../model/points';

/** The stretches of time that hold samples, oldest first. */
export async function listChunks(sql: ISql): Promise<TimeRange[]> {
  return sql<TimeRange[]>`
    select date_part('epoch', range_start) * 1000 as start, date_part('epoch', range_end) * 1000 as "end"
    from timescaledb_information.chunks
    where hypertable_schema = current_schema() and hypertable_name = 'samples_packed'
    order by range_start`;
}
