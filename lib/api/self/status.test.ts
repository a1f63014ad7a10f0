import { expect, test } from 'vitest';
import { type Family, Histogram } from '../../observe/figures';
import { statusOf } from './status';

test('figures stand under what they are about, with units and words', () => {
  const seconds = new Histogram('pulseboard_commit_seconds', 'One commit.', [0.1, 1]);
  seconds.observe(0.2);
  seconds.observe(0.4);
  const families: Family[] = [
    {
      name: 'pulseboard_breaker_state',
      help: 'Circuit breakers: 0 closed.',
      type: 'gauge',
      readings: [{ labels: { name: 'database_write' }, value: 2 }],
    },
    { name: 'pulseboard_spool_bytes', help: 'Waiting.', type: 'gauge', readings: [{ value: 2_048 }] },
    seconds.family(),
    { name: 'something_else', help: 'Not ours.', type: 'gauge', readings: [{ value: 1 }] },
  ];
  expect(statusOf(families)).toEqual({
    verdict: {
      isWell: false,
      text: 'The database takes nothing. Samples wait on this disk for the database.',
    },
    sections: [
      {
        title: 'Writing',
        figures: [
          {
            name: 'pulseboard_commit_seconds',
            what: 'One commit',
            values: [{ part: '', text: '300 ms (mean of 2)' }],
          },
        ],
      },
      {
        title: 'Circuit breakers',
        figures: [
          {
            name: 'pulseboard_breaker_state',
            what: 'Circuit breakers',
            values: [{ part: 'database_write', text: 'open' }],
          },
        ],
      },
      {
        title: 'Spool',
        figures: [{ name: 'pulseboard_spool_bytes', what: 'Waiting', values: [{ part: '', text: '2 KiB' }] }],
      },
    ],
  });
  expect(statusOf([])).toEqual({ verdict: { isWell: true, text: 'All is well.' }, sections: [] });
});
