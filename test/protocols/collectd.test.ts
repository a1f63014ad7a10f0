import { expect, test } from 'vitest';
import { storedSeries } from '../support/stored-samples';
import { GUARDED, useNode } from '../support/use-node';

const node = useNode(GUARDED);

async function post(body: string, query = '', headers: Record<string, string> = {}) {
  const all = { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers };
  const response = await fetch(`${node.url}/api/collectd${query}`, { method: 'POST', headers: all, body });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: await response.text(),
  };
}

const list = (type: string, time = Date.now() / 1_000) => ({
  values: [1.5],
  dstypes: ['derive'],
  dsnames: ['value'],
  time,
  interval: 1,
  host: 'web-1',
  plugin: type,
  plugin_instance: '',
  type,
  type_instance: '',
});

test('is answered so that collectd logs what is wrong', async () => {
  expect(await post(JSON.stringify([list('a')]))).toMatchObject({ status: 200, body: '' });
  expect(await post('[]')).toMatchObject({ status: 200 });
  expect(await post(JSON.stringify([list('b'), list('b', 1), 5]))).toMatchObject({
    status: 400,
    body: expect.stringContaining('2 samples were rejected, 1 are stored'),
  });
  for (const body of ['', '{}', '[', 'PUTVAL "x"']) expect(await post(body)).toMatchObject({ status: 400 });
  expect(await post('x', '', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  expect(await post('[]', '', { authorization: '' })).toMatchObject({ status: 401 });
  expect(await post('[]', '', { authorization: 'Bearer wrong' })).toMatchObject({ status: 403 });
  expect(await post(' '.repeat(9 * 2 ** 20))).toMatchObject({ status: 413 });
  const slow = { authorization: 'Bearer slow-secret' };
  expect(await post('[]', '', slow)).toMatchObject({ status: 200 });
  expect(await post('[]', '', slow)).toMatchObject({
    status: 503,
    retryAfter: expect.stringMatching(/^[1-9]/),
  });
});

test('says by a parameter that it sends rates', async () => {
  expect(await post(JSON.stringify([list('c')]), '?rates=true')).toMatchObject({ status: 200 });
  expect(await storedSeries(node.databaseUrl, 'collectd_c')).toHaveLength(1);
  expect(await storedSeries(node.databaseUrl, 'collectd_c_total')).toEqual([]);
  expect(await post('[]', '?rates=maybe')).toMatchObject({ status: 400 });
});

test('times that no clock has are refused, and others are served meanwhile', async () => {
  // Of absolute values the time before the interval is asked for, too.
  const far = JSON.stringify([{ ...list('far'), dstypes: ['absolute'] }]);
  for (const time of ['1e306', '-1e306', '1e300'])
    for (const interval of ['1', '1e306', '-1e306']) {
      const body = far
        .replace(/"time":[\d.]+/, `"time":${time}`)
        .replace('"interval":1,', `"interval":${interval},`);
      const good = JSON.stringify([list(`good${time}${interval}`)]);
      const [refused, taken] = await Promise.all([post(body), post(good)]);
      expect([refused.status, taken.status], body).toEqual([400, 200]);
    }
});
