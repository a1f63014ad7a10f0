import { beforeAll, expect, test } from 'vitest';
import type { Client } from './client';
import { ASKED, type Scene } from './grafana-requests';

/** What Grafana's Prometheus data source adds to whatever it asks, and a server need not know. */
const HEADERS = {
  'user-agent': 'Grafana/12.3.0',
  'x-grafana-org-id': '1',
  'x-grafana-cache': 'private, max-age=60',
  'x-datasource-uid': 'PBFA97CFB590B2093',
  'x-dashboard-uid': 'f1',
  'x-panel-id': '4',
  'x-panel-plugin-id': 'timeseries',
  'x-query-group-id': 'd3c6',
  'x-query-tags': 'Source=grafana',
  'x-prom-query-params': 'max_source_resolution=auto',
  'idempotency-key': '',
  'accept-encoding': 'gzip',
};

/** The requests that Grafana's Prometheus data source makes, and the bodies it expects. */
export function grafanaContract(clientNow: () => Client): void {
  let scene: Scene;

  beforeAll(async () => {
    const client = clientNow();
    const end = Math.floor(Date.now() / 1_000) - 60;
    scene = { metric: `${client.freshName()}_total`, end };
    await client.accepted(
      ['a', 'b'].flatMap((host, i) =>
        Array.from({ length: 9 }, (_, n) => ({
          name: scene.metric,
          value: (i + 1) * (600 - n * 15),
          type: 'counter',
          unit: 'bytes',
          labels: { host },
          timestamp: (end - n * 15) * 1_000,
        })),
      ),
    );
  });

  test.each(ASKED)('Grafana asks for $what', async ({ method, path, values, status = 200, body }) => {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(values(scene)))
      for (const each of [value].flat()) form.append(name, each);
    const url = `${clientNow().url}/api/v1/${path}`;
    const response =
      method === 'POST'
        ? await fetch(url, { method, body: form, headers: HEADERS })
        : await fetch(`${url}?${form}`, { headers: HEADERS });
    expect({ status: response.status, body: await response.json() }).toEqual({ status, body: body(scene) });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });
}
