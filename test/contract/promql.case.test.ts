import { expect, test } from 'vitest';
import type { Client } from './client';

/** Prometheus' API, asked as Grafana's data source asks it. */
export function promqlContract(clientNow: () => Client): void {
  const ask = async (path: string, parameters: Record<string, string | string[]> = {}, form = false) => {
    const values = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters))
      for (const each of [value].flat()) values.append(name, each);
    const url = `${clientNow().url}/api/v1/${path}`;
    const response = form
      ? await fetch(url, { method: 'POST', body: values })
      : await fetch(`${url}?${values}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test('PromQL is answered in the shape of Prometheus, by GET and by a form', async () => {
    const client = clientNow();
    const metric = client.freshName();
    const end = Math.floor(Date.now() / 1_000) - 60;
    const samples = [0, 15, 30, 45, 60].map((ago) => ({
      name: metric,
      value: 600 - ago * 2,
      labels: { host: 'a' },
      timestamp: (end - ago) * 1_000,
    }));
    await client.accepted(samples);
    const named = { __name__: metric, host: 'a' };
    for (const form of [false, true]) {
      expect(await ask('query', { query: metric, time: String(end) }, form)).toEqual({
        status: 200,
        body: {
          status: 'success',
          data: { resultType: 'vector', result: [{ metric: named, value: [end, '600'] }] },
        },
      });
      const range = { query: `${metric} / 0`, start: String(end - 15), end: String(end), step: '15' };
      expect((await ask('query_range', range, form)).body.data).toEqual({
        resultType: 'matrix',
        result: [
          {
            metric: { host: 'a' },
            values: [
              [end - 15, '+Inf'],
              [end, '+Inf'],
            ],
          },
        ],
      });
    }
    expect((await ask('query', { query: `idelta(${metric}[1m])`, time: String(end) })).body.data).toEqual({
      resultType: 'vector',
      result: [{ metric: { host: 'a' }, value: [end, '30'] }],
    });
    expect((await ask('query', { query: '1+1', time: '7.5' })).body.data).toEqual({
      resultType: 'scalar',
      result: [7.5, '2'],
    });
    expect((await ask('series', { 'match[]': `${metric}{host=~"a|b"}` }, true)).body.data).toEqual([named]);
    expect((await ask('labels', { 'match[]': [metric] }, true)).body.data).toEqual(['__name__', 'host']);
    expect((await ask('label/host/values', { 'match[]': [metric] })).body.data).toEqual(['a']);
    expect((await ask('label/__name__/values')).body.data).toContain(metric);
    expect((await ask('metadata', { metric })).body.data).toEqual({
      [metric]: [{ type: 'gauge', help: '', unit: '' }],
    });
  });

  test('what Grafana asks besides is there', async () => {
    expect((await ask('status/buildinfo')).body).toMatchObject({
      status: 'success',
      data: { version: expect.any(String) },
    });
    expect((await ask('rules')).body.data).toEqual({ groups: [] });
    expect((await ask('alerts')).body.data).toEqual({ alerts: [] });
    expect((await ask('query_exemplars', { query: 'x' }, true)).body.data).toEqual([]);
    // The check of its health.
    expect((await ask('query', { query: '1+1' }, true)).body.status).toBe('success');
  });

  test.each([
    ['query', { query: 'sum(' }, 400, 'bad_data'],
    ['query', { query: '' }, 400, 'bad_data'],
    ['query', { query: 'x', time: 'soon' }, 400, 'bad_data'],
    ['query', { query: '{host=~".*"}' }, 400, 'bad_data'],
    ['query', { query: 'x{a=~"("}' }, 400, 'bad_data'],
    ['query', { query: 'topk(NaN, x)' }, 422, 'execution'],
    ['query_range', { query: 'x', start: '0', end: '1', step: '0' }, 400, 'bad_data'],
    ['query_range', { query: 'x', start: '2', end: '1', step: '1' }, 400, 'bad_data'],
    ['query_range', { query: 'x', start: '0', end: '100000', step: '1' }, 400, 'bad_data'],
    ['query_range', { query: 'x[5m]', start: '0', end: '1', step: '1' }, 400, 'bad_data'],
    ['query', { query: 'count_over_time(vector(1)[1000y:1ms])' }, 422, 'execution'],
    ['label/%zz/values', {}, 400, 'bad_data'],
    ['label/%ff/values', {}, 400, 'bad_data'],
    ['series', {}, 400, 'bad_data'],
    ['series', { 'match[]': '{' }, 400, 'bad_data'],
    ['labels', { limit: '-1' }, 400, 'bad_data'],
  ])('%s with %o is refused as Prometheus refuses it', async (path, parameters, status, errorType) => {
    const answer = await ask(path, parameters);
    expect(answer).toMatchObject({ status, body: { status: 'error', errorType, error: expect.any(String) } });
  });
}
