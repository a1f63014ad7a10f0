import { beforeAll, describe, expect, test } from 'vitest';
import { CatalogueAnswer, SeriesAnswer } from '@/lib/model/wire/catalogue';
import { ResultsAnswer } from '@/lib/model/wire/history';
import { HealthAnswer, ReadyAnswer } from '@/lib/model/wire/operate';
import type { Engine } from '@/lib/store/store';
import { type Client, expectError } from './client';

/** What operators and curious strangers meet, on any front. */
export function operateContract(connect: () => Client, engine: Engine): void {
  let client: Client;
  beforeAll(() => {
    client = connect();
  });

  test('health says what the server is made of', async () => {
    const { status, body } = await client.get('/api/health');
    expect(status).toBe(200);
    expect(HealthAnswer.parse(body)).toMatchObject({ phase: 'ready', engine, bus: 'memory' });
  });

  test('ready says so', async () => {
    const { status, body } = await client.get('/api/ready');
    expect(status).toBe(200);
    ReadyAnswer.parse(body);
  });

  test('every answer names its request, by the name it came with if that is sane', async () => {
    const paths = ['/api/metrics', '/api/metrics/none', '/api/health', '/api/nowhere', '/metrics'];
    for (const path of paths) {
      const named = await client.get(path, { 'x-request-id': 'edge:fra1-7.a' });
      expect([path, named.headers.get('x-request-id')]).toEqual([path, 'edge:fra1-7.a']);
      for (const given of ['a b', 'x'.repeat(200), '{"a":1}']) {
        const { headers } = await client.get(path, { 'x-request-id': given });
        expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      }
    }
    const [one, other] = await Promise.all([client.post('no json'), client.post('no json')]);
    for (const { headers } of [one, other]) expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.headers.get('x-request-id')).not.toBe(other.headers.get('x-request-id'));
  });

  describe('GET /metrics', () => {
    test("is Prometheus' text for machines", async () => {
      await client.accepted({ name: client.freshName(), value: 1 });
      for (const accept of ['*/*', 'text/plain;version=0.0.4', 'application/openmetrics-text, */*;q=0.1']) {
        const { status, headers, body } = await client.get('/metrics', { accept });
        expect(status).toBe(200);
        expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
        const families = readExposition(String(body));
        expect(families.get('pulseboard_ready')).toBe(1);
        expect(families.get('pulseboard_ingest_samples_total{result="stored"}')).toBeGreaterThan(0);
        expect(families.get('pulseboard_ingest_requests_total{status="200"}')).toBeGreaterThan(0);
        expect(families.get('pulseboard_commit_seconds_bucket{le="+Inf"}')).toBeGreaterThan(0);
        expect(families.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
      }
    });

    test('is a page for people and for the router of a page', async () => {
      const page = await client.get('/metrics', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
      expect(page.headers.get('content-type')).toContain('text/html');
      const navigation = await client.get('/metrics?_rsc=abc', { accept: '*/*', rsc: '1' });
      expect(navigation.headers.get('content-type')).toContain('text/x-component');
    });
  });

  test('the OpenAPI document names every path of the contract', async () => {
    const { status, body } = await client.get('/api/openapi.json');
    expect(status).toBe(200);
    expect(body).toMatchObject({ openapi: '3.1.1' });
    const { paths } = body as { paths: object };
    expect(Object.keys(paths).sort()).toEqual([
      '/api/collectd',
      '/api/events',
      '/api/fleet',
      '/api/fleet/labels',
      '/api/fleet/map',
      '/api/health',
      '/api/hosts',
      '/api/ingest',
      '/api/live',
      '/api/metrics',
      '/api/metrics/{name}',
      '/api/openapi.json',
      '/api/query',
      '/api/ready',
      '/api/series',
      '/api/targets',
      '/api/v1/alerts',
      '/api/v1/label/{name}/values',
      '/api/v1/labels',
      '/api/v1/metadata',
      '/api/v1/query',
      '/api/v1/query_exemplars',
      '/api/v1/query_range',
      '/api/v1/rules',
      '/api/v1/series',
      '/api/v1/status/buildinfo',
      '/api/v1/write',
      '/api/v2/write',
      '/api/v3/write_lp',
      '/metrics',
      '/metrics/job/{rest}',
      '/metrics/job@base64/{rest}',
      '/ping',
      '/v1/metrics',
      '/write',
    ]);
    // Every reference leads somewhere.
    const { components } = body as { components: { schemas: object } };
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(components.schemas)).toContain(name);
    }
  });

  test('what is read has the shapes of the document', async () => {
    const metric = client.freshName();
    await client.accepted([0, 1].map((i) => ({ name: metric, value: i, labels: { host: `web-${i}` } })));
    CatalogueAnswer.parse((await client.get(`/api/metrics?search=${metric}`)).body);
    SeriesAnswer.parse((await client.get(`/api/series?metric=${metric}`)).body);
    const response = await fetch(`${client.url}/api/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ queries: [{ metric }, { metric: 'nobody_has_this' }] }),
    });
    const { results } = ResultsAnswer.parse(await response.json());
    expect(results).toMatchObject([{ metric }, { error: { code: 'unknown_metric' } }]);
  });

  describe('errors have one shape', () => {
    test('where there is nothing', async () => {
      for (const path of ['/api', '/api/', '/api/nothing', '/api/nothing/here?x=1']) {
        expectError(await client.get(path), 404, 'not_found');
      }
    });

    test('where the method is not possible', async () => {
      for (const [method, path, allow] of [
        ['DELETE', '/api/metrics', 'GET, POST'],
        ['PUT', '/api/metrics', 'GET, POST'],
        ['POST', '/api/health', 'GET'],
        ['POST', '/api/ready', 'GET'],
        ['PATCH', '/api/openapi.json', 'GET'],
        ['POST', '/api/series', 'GET'],
        ['DELETE', '/api/metrics/cpu', 'GET'],
        ['GET', '/api/query', 'POST'],
        ['POST', '/api/live', 'GET'],
      ]) {
        const response = await fetch(`${client.url}${path}`, { method });
        const body = await response.json().catch(() => null);
        expectError({ status: response.status, headers: response.headers, body }, 405, 'method_not_allowed');
        expect(response.headers.get('allow'), `${method} ${path}`).toBe(allow);
      }
    });

    test('where a parameter is wrong', async () => {
      const metric = client.freshName();
      await client.accepted({ name: metric, value: 1 });
      for (const query of ['step=1x', 'aggregate=median', 'start=soon', 'by=a-b', 'top=0', 'match=%7B']) {
        const error = expectError(await client.get(`/api/metrics/${metric}?${query}`), 400, 'bad_parameter');
        expect(error.message, query).toContain(query.split('=')[0]);
      }
      expectError(await client.get('/api/metrics/nobody_has_this'), 404, 'unknown_metric');
    });
  });
}

/** `name{labels}` → value of each line, after checking that every line is well formed. */
function readExposition(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) [a-z_:]+ .+$/.test(line)) continue;
    const found = /^([a-z_:]+(?:\{(?:[a-z_]+="[^"\n]*",?)+\})?) (\S+)$/.exec(line);
    expect(found, line).not.toBeNull();
    if (found) values.set(found[1], Number(found[2].replace('Inf', 'Infinity')));
  }
  return values;
}
