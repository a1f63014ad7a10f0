import type { Sql } from 'postgres';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { codeOf, isConflict, LOCK_NOT_AVAILABLE } from '../pg-errors';
import { moment } from '../sql/parts';
import { readState } from '../sql/state';
import { chunkInterval } from './chunk-interval';

const LOCK_TIMEOUT = '2s';

/**
 * Puts the oldest chunk that has ended, and has not been put in order, in the order of (metric, series, time): what
 * appends left in many small batches becomes full ones, a third of the size, in which a series is found at once.
 * Reads go on meanwhile; samples that come late to this very chunk wait.
 *
 * Once for each chunk; the database's own columnstore job orders samples that come later.
 * @returns whether there may be more to do.
 */
export async function compactNext(sql: Sql, rawRetentionMs: number): Promise<boolean> {
  const { sealed } = await readState(sql);
  const [chunk] = await sql<Array<{ name: string; start: number; end: number }>>`
    select format('%I.%I', chunk_schema, chunk_name) as name,
      date_part('epoch', range_start) * 1000 as start, date_part('epoch', range_end) * 1000 as "end"
    from timescaledb_information.chunks, rollup_state
    where hypertable_schema = current_schema() and hypertable_name = 'samples_packed'
      and range_end > packed_to and range_end <= ${moment(sql, sealed)}
    order by range_end limit 1`;
  if (!chunk) return false;
  try {
    await sql.begin(async (tx) => {
      await tx`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
      await tx`select compress_chunk(${chunk.name}::text::regclass, if_not_compressed => true, recompress => true)`;
    });
  } catch (error) {
    // Somebody reads or writes there: the next round tries again.
    if (codeOf(error) === LOCK_NOT_AVAILABLE || isConflict(error)) return false;
    throw error;
  }
  await sql`update rollup_state set packed_to = ${moment(sql, chunk.end)}`;
  // Only the newest one says what the load is now; others may be of an import.
  if (chunk.end + (chunk.end - chunk.start) > sealed) await followLoad(sql, chunk, rawRetentionMs);
  return true;
}

/** Lets the next chunks be as long as the rate of this one suggests. */
async function followLoad(
  sql: Sql,
  { name, start, end }: { name: string; start: number; end: number },
  rawRetentionMs: number,
): Promise<void> {
  const [{ rows }] = await sql.unsafe(`select count(*)::float8 as rows from ${name}`);
  const next = chunkInterval(rows / ((end - start) / SECOND), rawRetentionMs);
  const [{ current }] = await sql<[{ current: number }]>`
    select date_part('epoch', time_interval) * 1000 as current from timescaledb_information.dimensions
    where hypertable_schema = current_schema() and hypertable_name = 'samples_packed'`;
  if (next === current) return;
  await sql`select set_chunk_time_interval('samples_packed', ${`${next} milliseconds`}::text::interval)`;
  log().info({ fromMs: current, toMs: next, rowsPerChunk: rows }, 'chunks of samples follow the load');
}
