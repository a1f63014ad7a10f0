import { expect, test } from 'vitest';
import { parseEnv } from '../../env';
import { Histogram } from '../../observe/figures';
import { Root } from '../../system/root';
import { admit } from '../../write/ingest/admission';
import { collectFamilies } from './collect';
import { samplesOf } from './record';

test('every figure is a sample that admission lets in; of a histogram its sum and count', () => {
  const seconds = new Histogram('pulseboard_commit_seconds', 'One commit.', [0.1, 1]);
  seconds.observe(0.25);
  const samples = samplesOf([seconds.family()], 'me:3000', 1_000);
  expect(samples.map(({ name, value, type }) => [name, value, type])).toEqual([
    ['pulseboard_commit_seconds_sum', 0.25, 'counter'],
    ['pulseboard_commit_seconds_count', 1, 'counter'],
  ]);
  const all = samplesOf(collectFamilies(new Root(parseEnv({}))), 'me:3000', 1_000);
  expect(all.length).toBeGreaterThan(10);
  expect(admit(all, { oldest: 0, newest: 2_000 }).errors).toEqual([]);
  expect(all.every(({ labels }) => labels.instance === 'me:3000' && !('host' in labels))).toBe(true);
});
