import postgres from 'postgres';

export interface StoredSample {
  timestamp: number;
  value: number;
}

/** What a database really holds of a metric, all series, by time: asked past the product. */
export async function storedSamples(databaseUrl: string, metric: string): Promise<StoredSample[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    return await sql<StoredSample[]>`
      select round(date_part('epoch', ts) * 1000)::float8 as timestamp, value
      from samples join series on series.id = samples.series_id join metrics on metrics.id = series.metric_id
      where metrics.name = ${metric}
      order by ts`;
  } finally {
    await sql.end();
  }
}

export interface StoredSeries {
  labels: Record<string, string>;
  /** By time. */
  samples: Array<[timestamp: number, value: number]>;
}

/** The same by series, in the order of their labels. */
export async function storedSeries(databaseUrl: string, metric: string): Promise<StoredSeries[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    return await sql<StoredSeries[]>`
      select labels, json_agg(json_build_array(round(date_part('epoch', ts) * 1000), value) order by ts) as samples
      from samples join series on series.id = samples.series_id join metrics on metrics.id = series.metric_id
      where metrics.name = ${metric}
      group by series.id, labels
      order by labels::text`;
  } finally {
    await sql.end();
  }
}
