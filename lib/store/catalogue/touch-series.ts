import type { ISql } from 'postgres';
import { arrayText } from '../arrays';

/** Records when series were last seen; never moves back. In id order, so that two servers cannot deadlock. */
export async function touchSeries(
  sql: ISql,
  seen: ReadonlyArray<{ id: number; lastSeen: number }>,
): Promise<void> {
  const ids = arrayText(seen.map(({ id }) => id));
  const times = arrayText(seen.map(({ lastSeen }) => lastSeen));
  await sql`
    with given as (
      select id, to_timestamp(time / 1000) as last_seen from unnest(${ids}::int4[], ${times}::float8[]) as t(id, time)
    ), locked as (
      select s.id, given.last_seen
      from series s join given using (id)
      where s.last_seen is null or s.last_seen < given.last_seen
      order by s.id
      for update of s
    )
    update series s set last_seen = locked.last_seen from locked where s.id = locked.id`;
}
