import type { End } from './ends';

const ROWS_AT_ONCE = 10_000;

/**
 * Events stay behind, but their samples move: so that events which are still to come take none of their places, these
 * move, too. Once more does no harm.
 */
export async function copyEventPlaces(source: Pick<End, 'sql'>, target: Pick<End, 'sql'>): Promise<void> {
  const rows = source.sql`select second::text, key::text, used from event_places`.cursor(ROWS_AT_ONCE);
  for await (const page of rows)
    await target.sql`
      insert into event_places as places (second, key, used)
      select second, key, used
      from json_to_recordset(${JSON.stringify(page)}::text::json) as moved (second bigint, key bigint, used int)
      on conflict (second, key) do update set used = greatest(places.used, excluded.used)`;
}
