import { beforeEach, expect, it } from 'vitest';
import { largeJsonResponse, openHandler, toWebResponse } from '../../api/http';
import { Work } from '../../runtime/work/work';
import { makeRoot } from '../../system/root';

const { limits, scheduler } = makeRoot();
const { unsent } = limits;
const texts = Array.from({ length: 100 }, () => 'x'.repeat(10_000));
const handler = openHandler((request) =>
  largeJsonResponse(texts, new Work(scheduler, { signal: request.signal })),
);
const request = (method: string, signal?: AbortSignal) =>
  new Request('http://localhost/api/large', { method, signal, headers: { host: 'localhost' } });

beforeEach(() => expect(unsent.bytes).toBe(0));

it('an answer that is taken is let go of as it is taken', async () => {
  const response = await handler(request('GET'));
  expect(unsent.bytes).toBe(1_000_000);
  expect(await response.text()).toHaveLength(1_000_000);
  expect(unsent.bytes).toBe(0);
});

it('an answer to HEAD, which nobody takes, holds nothing', async () => {
  const response = await handler(request('HEAD'));
  expect(response.headers.get('content-type')).toContain('json');
  expect(response.body).toBeNull();
  expect(unsent.bytes).toBe(0);
});

it('an answer is let go of when its reader leaves, whether or not it had begun to read', async () => {
  for (const begins of [true, false]) {
    const leaving = new AbortController();
    const response = await handler(request('GET', leaving.signal));
    if (begins) await response.body!.getReader().read();
    expect(unsent.bytes).toBeGreaterThan(500_000);
    leaving.abort();
    expect(unsent.bytes).toBe(0);
  }
  // Where it had to wait for its turn, it has noticed by itself.
  const answer = await largeJsonResponse(texts, new Work(scheduler, { signal: AbortSignal.abort() })).catch(
    (error) => {
      expect(error).toMatchObject({ code: 'client_closed' });
      return null;
    },
  );
  expect(unsent.bytes).toBe(0);
  if (answer) await toWebResponse(answer).body?.cancel();
  expect(unsent.bytes).toBe(0);
});
