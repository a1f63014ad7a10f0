import type { Answer, Client } from './client';

export const MINUTE = 60_000;

/** Samples that the tests of reading ask about. */
export interface ReadScene {
  client: Client;
  /** Names sort as they are made; `:` and `/` belong to names. */
  prefix: string;
  /** A whole minute; the samples are of it and of the minutes after it, epoch ms. */
  start: number;
  metric: string;
  points(query?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
}

export async function createReadScene(client: Client): Promise<ReadScene> {
  const prefix = client.freshName();
  const metric = `${prefix}/cpu:usage`;
  const start = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
  await client.accepted([
    { name: metric, value: 1, timestamp: start, labels: { host: 'a', env: 'prod' }, unit: 'percent' },
    { name: metric, value: 3, timestamp: start + 1_000, labels: { host: 'b', env: 'prod' } },
    { name: metric, value: 8, timestamp: start + 2 * MINUTE, labels: { host: 'c "d", e' } },
    { name: `${prefix}/memory`, value: 5, timestamp: start },
  ]);
  return {
    client,
    prefix,
    start,
    metric,
    points(query = {}, headers = {}) {
      const all = { start: String(start), end: String(start + 5 * MINUTE), step: 'minute', ...query };
      return client.get(`/api/metrics/${metric}?${new URLSearchParams(all)}`, headers);
    },
  };
}
