import type { ISql } from 'postgres';
import type { Session } from '../../access/auth/session';

/** Records a session as ended, and forgets those that have expired since. */
export async function endSession(sql: ISql, { id, until }: Session): Promise<void> {
  await sql`
    with forgotten as (delete from ended_sessions where until < now())
    insert into ended_sessions (id, until) values (${id}, to_timestamp(${until}::float8 / 1000))
    on conflict (id) do nothing`;
}

/** Sessions that were ended and would still hold at `now`. */
export async function loadEndedSessions(sql: ISql, now: number): Promise<Session[]> {
  return sql<Session[]>`
    select id, round(date_part('epoch', until) * 1000) as until
    from ended_sessions where until > to_timestamp(${now}::float8 / 1000)`;
}
