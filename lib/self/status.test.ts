import { expect, test } from 'vitest';
import { type Family, Histogram } from './figures';
import { statusSections } from './status';

test('figures stand under what they are about, with units and words', () => {
  const seconds = new Histogram('pulseboard_commit_seconds', 'One commit.', [0.1, 1]);
  seconds.observe(0.2);
  seconds.observe(0.4);
  const families: Family[] = [
    {
      name: 'pulseboard_breaker_state',
      help: 'Circuit breakers.',
      type: 'gauge',
      readings: [{ labels: { name: 'database_write' }, value: 2 }],
    },
    { name: 'pulseboard_spool_bytes', help: 'Waiting.', type: 'gauge', readings: [{ value: 2_048 }] },
    seconds.family(),
    { name: 'something_else', help: 'Not ours.', type: 'gauge', readings: [{ value: 1 }] },
  ];
  expect(statusSections(families)).toEqual([
    {
      title: 'Circuit breakers',
      rows: [
        {
          key: 'pulseboard_breaker_state database_write',
          what: 'Circuit breakers. database_write',
          value: 'open',
        },
      ],
    },
    { title: 'Spool', rows: [{ key: 'pulseboard_spool_bytes ', what: 'Waiting.', value: '2 KiB' }] },
    {
      title: 'Writing',
      rows: [{ key: 'pulseboard_commit_seconds', what: 'One commit.', value: '300 ms on average of 2' }],
    },
  ]);
  expect(statusSections([])).toEqual([]);
});
