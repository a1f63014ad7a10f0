import { expect, test } from 'vitest';
import { makeRoot } from '../../system/root';
import { jsonEndpoint } from './json';
import { IngestRoutes } from './routes';
import { webIngest } from './web';

makeRoot();

test('the route handler of all endpoints says what each can be asked, and that there is nothing elsewhere', async () => {
  const answer = webIngest(
    new IngestRoutes([
      { ...jsonEndpoint, path: '/api/v2/write' },
      { ...jsonEndpoint, path: 'PUT /api/push/*' },
    ]),
  );
  const ask = async (method: string, path: string) => {
    const request = new Request(`http://localhost:3000${path}`, {
      method,
      headers: { host: 'localhost:3000' },
    });
    const { status, headers } = await answer(request);
    return [status, headers.get('allow')];
  };
  expect(await ask('OPTIONS', '/api/v2/write')).toEqual([204, 'POST, OPTIONS']);
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
    expect(await ask(method, '/api/v2/write'), method).toEqual([405, 'POST']);
  expect(await ask('OPTIONS', '/api/push/a')).toEqual([204, 'PUT, OPTIONS']);
  expect(await ask('POST', '/api/push/a')).toEqual([405, 'PUT']);
  for (const method of ['GET', 'POST', 'OPTIONS'])
    expect(await ask(method, '/api/v2/nothing'), method).toEqual([404, null]);
});
