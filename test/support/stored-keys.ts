import postgres from 'postgres';
import { keyOf, type SampleKey } from './load-sample';

/** Everything a database really holds, asked past the product: sample → values, of which there must be one. */
export async function storedKeys(databaseUrl: string): Promise<Map<SampleKey, number[]>> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const rows = await sql<Array<{ name: string; host: string; timestamp: number; value: number }>>`
      select m.name, s.labels->>'host' as host, round(date_part('epoch', ts) * 1000)::float8 as timestamp, value
      from samples join series s on s.id = series_id join metrics m on m.id = s.metric_id`;
    const stored = new Map<SampleKey, number[]>();
    for (const { name, host, timestamp, value } of rows) {
      const key = keyOf({ name, labels: { host }, timestamp });
      stored.set(key, [...(stored.get(key) ?? []), value]);
    }
    return stored;
  } finally {
    await sql.end();
  }
}
