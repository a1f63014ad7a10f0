import { expect, it } from 'vitest';
import { newWork } from '@/test/support/scheduler';
import { HeldBodies } from '../access/limit/held-body';
import { PulseError } from '../model/errors';
import type { HistoryAnswer } from '../model/wire/history';
import type { ParsedQuery } from '../read/query/query-params';
import { Reclaim } from '../runtime/reclaim';
import { answerEach, readQueries } from './batch';
import { fromWeb } from './web-body';

const bodies = new HeldBodies(new Reclaim());
const request = (body: string) => fromWeb(new Request('http://x/api/query', { method: 'POST', body }));

it('reads a list of queries', async () => {
  expect(await readQueries(request('{"queries":[{"metric":"cpu","top":5}]}'), bodies)).toEqual([
    { metric: 'cpu', top: 5 },
  ]);
});

it.each([
  ['', 'bad_json'],
  ['{"queries":', 'bad_json'],
  ['[]', 'bad_shape'],
  ['{}', 'bad_shape'],
  ['{"queries":[]}', 'bad_shape'],
  ['{"queries":["cpu"]}', 'bad_shape'],
  [JSON.stringify({ queries: Array.from({ length: 51 }, () => ({ metric: 'cpu' })) }), 'bad_shape'],
  [`{"queries":[{"metric":"${'x'.repeat(2 ** 20)}"}]}`, 'body_too_large'],
])('refuses %.30s', async (body, code) => {
  await expect(readQueries(request(body), bodies)).rejects.toMatchObject({ code });
});

it('answers each query in its place, with a result or an error', async () => {
  const answer = async ({ metric }: ParsedQuery) => {
    if (metric === 'gone') throw new PulseError('unknown_metric', 'There is no metric gone.');
    return { metric } as HistoryAnswer;
  };
  expect(
    await answerEach(
      [{ metric: 'a' }, { metric: 'gone' }, { metric: 'b', step: '0s' }, {}],
      { answer },
      newWork(),
    ),
  ).toEqual([
    { metric: 'a' },
    { error: { code: 'unknown_metric', message: 'There is no metric gone.', details: [] } },
    { error: expect.objectContaining({ code: 'bad_parameter', message: expect.stringContaining('step') }) },
    { error: expect.objectContaining({ code: 'bad_parameter', message: expect.stringContaining('metric') }) },
  ]);
});
