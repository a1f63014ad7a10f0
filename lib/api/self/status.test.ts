import { expect, test } from 'vitest';
import { parseEnv } from '../../env';
import { type Family, Histogram } from '../../observe/figures';
import { parseQuery } from '../../read/query/query-params';
import { Root } from '../../system/root';
import { collectFamilies } from './collect';
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
    {
      name: 'pulseboard_tier_hit_ratio',
      help: 'Share.',
      type: 'gauge',
      readings: [
        { labels: { tier: 'ring' }, value: 0.25 },
        { labels: { tier: 'cache' }, value: Number.NaN },
      ],
    },
    {
      name: 'pulseboard_new_total',
      help: 'What nobody has named yet.',
      type: 'counter',
      readings: [{ value: 1 }],
    },
    { name: 'something_else', help: 'Not ours.', type: 'gauge', readings: [{ value: 1 }] },
  ];
  expect(statusOf(families, null)).toEqual({
    summary: {
      isWell: false,
      text: 'The database does not accept samples. Samples on this disk wait for the database.',
    },
    sections: [
      {
        title: 'Ingest',
        figures: [
          {
            name: 'pulseboard_commit_seconds',
            title: 'Commit latency',
            values: [
              { part: 'mean', text: '300 ms' },
              { part: 'p99', text: '991 ms' },
            ],
            trend: null,
          },
        ],
      },
      {
        title: 'Queries',
        figures: [
          {
            name: 'pulseboard_tier_hit_ratio',
            title: 'Cache hit ratio',
            values: [
              { part: 'memory', text: '25 %' },
              { part: 'Redis', text: '–' },
            ],
            trend: null,
          },
        ],
      },
      {
        title: 'Circuit breakers',
        figures: [
          {
            name: 'pulseboard_breaker_state',
            title: 'State',
            values: [{ part: 'database writes', text: 'open', tone: 'bad' }],
            trend: null,
          },
        ],
      },
      {
        title: 'Spool',
        figures: [
          {
            name: 'pulseboard_spool_bytes',
            title: 'Spool size',
            values: [{ part: '', text: '2 KiB' }],
            trend: null,
          },
        ],
      },
      {
        title: 'Other',
        figures: [
          {
            name: 'pulseboard_new_total',
            title: 'What nobody has named yet',
            values: [{ part: '', text: '1' }],
            trend: null,
          },
        ],
      },
    ],
  });
  expect(statusOf([], null)).toEqual({ summary: { isWell: true, text: 'All is well.' }, sections: [] });
});

test('what moves has a chart of what this server stores of it', () => {
  const queries = statusOf(collectFamilies(new Root(parseEnv({}))), 'web-1:3000').sections.flatMap(
    ({ figures }) => figures.flatMap(({ trend }) => trend ?? []),
  );
  const range = { start: 'now-5m', end: 'now', step: '10s' };
  expect(queries).toContainEqual({
    metric: 'nodejs_eventloop_lag_seconds',
    aggregate: 'sum(avg)',
    match: '{quantile="0.99",instance="web-1:3000"}',
    ...range,
  });
  expect(queries).toContainEqual({
    metric: 'pulseboard_ingest_samples_total',
    aggregate: 'rate',
    match: '{result="stored",instance="web-1:3000"}',
    ...range,
  });
  expect(queries).toContainEqual({
    metric: 'pulseboard_commit_seconds_sum',
    aggregate: 'rate',
    expression: 'a / b',
    'b.metric': 'pulseboard_commit_seconds_count',
    match: '{instance="web-1:3000"}',
    ...range,
  });
  for (const query of queries) expect(() => parseQuery(query)).not.toThrow();
});
