import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABEL_NAME } from '../../model/labels';
import { METRIC_NAME } from '../../model/series';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/time/duration';
import { operandsOf, parseExpression } from './expression';
import { operandsOfQuery, type ParsedQuery, parseQuery, toSearchParams } from './query-params';

const DEFAULTS: ParsedQuery = {
  metric: 'cpu',
  start: 'now-1h',
  end: 'now',
  step: 'auto',
  maxPoints: null,
  aggregate: ['avg'],
  by: [],
  match: [],
  top: null,
  bottom: null,
  rank: 'latest',
  fill: 'none',
  timezone: 'UTC',
  offset: 0,
  expression: null,
  'b.metric': null,
  'b.aggregate': null,
  'b.match': null,
  'b.offset': null,
};

describe('parseQuery', () => {
  it('has a default for everything but the metric', () => {
    expect(parseQuery({ metric: 'cpu' })).toEqual(DEFAULTS);
  });

  it('reads every parameter', () => {
    const url =
      'metric=a/b:c&start=0&end=2026-11-20T12:00:00Z&step=5m&maxPoints=100&aggregate=min,max&by=host,region&match={env%3D"prod"}&top=5&rank=range&fill=-.5';
    expect(parseQuery(new URLSearchParams(url))).toEqual({
      ...DEFAULTS,
      metric: 'a/b:c',
      start: '0',
      end: '2026-11-20T12:00:00Z',
      step: 5 * MINUTE,
      maxPoints: 100,
      aggregate: ['min', 'max'],
      by: ['host', 'region'],
      match: [{ label: 'env', operator: '=', value: 'prod' }],
      top: 5,
      bottom: null,
      rank: 'range',
      fill: -0.5,
    });
  });

  it('lets a selector name the metric that is asked for, and no other', () => {
    const match = (text: string) => parseQuery({ metric: 'cpu', match: text }).match;
    expect(match('{__name__="cpu",env="prod"}')).toHaveLength(2);
    expect(match('{__name__=~"c.*"}')).toHaveLength(1);
    expect(() => match('{env="prod",__name__="mem"}')).toThrow(
      expect.objectContaining({
        code: 'bad_parameter',
        message: 'match selects mem by __name__, but metric is cpu.',
      }),
    );
  });

  it('says what a time in another unit looks like', () => {
    for (const name of ['start', 'end'])
      expect(() => parseQuery({ metric: 'cpu', [name]: 1_795_200_000 })).toThrow(
        expect.objectContaining({
          code: 'bad_parameter',
          message: `${name} looks like seconds; milliseconds are expected.`,
          details: [{ parameter: name, message: 'looks like seconds; milliseconds are expected' }],
        }),
      );
  });

  it('takes numbers and lists from JSON, repetition from a URL, and empty values for defaults', () => {
    const question = {
      metric: 'cpu',
      start: 0,
      maxPoints: 50,
      by: ['host', 'env'],
      aggregate: ['avg', 'max'],
    };
    expect(parseQuery(question)).toMatchObject({
      start: '0',
      maxPoints: 50,
      by: ['host', 'env'],
      aggregate: ['avg', 'max'],
    });
    expect(parseQuery(new URLSearchParams('metric=cpu&by=host&by=env')).by).toEqual(['host', 'env']);
    expect(parseQuery(new URLSearchParams('metric=cpu&start=&step=&top=&match=&by='))).toEqual(DEFAULTS);
    expect(parseQuery({ metric: 'cpu', top: undefined, by: null })).toEqual(DEFAULTS);
  });

  it.each([
    ['raw', 1],
    ['minute', MINUTE],
    ['hour', HOUR],
    ['day', DAY],
    ['10s', 10 * SECOND],
    ['250ms', 250],
    ['1.5h', 90 * MINUTE],
  ])('reads step=%s', (step, ms) => {
    expect(parseQuery({ metric: 'cpu', step }).step).toBe(ms);
  });

  it.each([
    ['metric', undefined],
    ['metric', 'no spaces'],
    ['metric', 'x'.repeat(201)],
    ['metric', { $ne: 1 }],
    ['start', 'yesterday'],
    ['end', '2026-11-20T12:00:00'],
    ['step', '0s'],
    ['step', 'forever'],
    ['step', '1.5ms'],
    ['step', 'constructor'],
    ['maxPoints', '0'],
    ['maxPoints', '5001'],
    ['maxPoints', '1e2'],
    ['aggregate', 'median'],
    ['aggregate', 'avg,avg'],
    ['aggregate', 'avg,'],
    ['aggregate', 'p101'],
    ['aggregate', 'p99.90,p99.9'],
    ['aggregate', 'sum(avg(last))'],
    ['aggregate', 'rate(sum)'],
    ['aggregate', 'p1,p2,p3,p4,p5,p6,p7,p8,p9'],
    ['by', 'host,'],
    ['by', 'host,host'],
    ['by', '1x'],
    ['match', '{a}'],
    ['top', '-1'],
    ['top', '1001'],
    ['bottom', '0'],
    ['rank', 'range'],
    ['rank', 'oldest'],
    ['fill', 'next'],
    ['timezone', 'Mars/Olympus'],
    ['timezone', '+02:00'],
    ['offset', 'yesterday'],
    ['offset', '-1d'],
    ['offset', 'forever'],
    ['expression', 'a ** 2'],
    ['b.metric', 'no spaces'],
    ['fill', '1e999'],
    ['fill', '0x1'],
    ['agregate', 'max'],
  ])('names the parameter: %s=%j', (name, value) => {
    expect(() => parseQuery({ metric: 'cpu', [name]: value })).toThrow(
      expect.objectContaining({
        code: 'bad_parameter',
        message: expect.stringMatching(new RegExp(`^${name}[ :]`)),
      }),
    );
  });
});

/** Of what contradicts itself, what can be asked. */
function asked(query: ParsedQuery): ParsedQuery {
  const bottom = query.top === null ? query.bottom : null;
  const fill = query.step === 1 ? 'none' : query.fill;
  const ofB = query.expression && operandsOf(query.expression).includes(1);
  const b = ofB ? {} : { 'b.metric': null, 'b.match': null, 'b.offset': null };
  return {
    ...query,
    ...b,
    fill,
    bottom,
    rank: query.top === null && bottom === null ? 'latest' : query.rank,
  };
}

const anyQuery: fc.Arbitrary<ParsedQuery> = fc
  .record({
    metric: fc.stringMatching(METRIC_NAME).filter((name) => name.length <= 200),
    start: fc.constantFrom('now-1h', 'now-15m', '0', '2026-11-20T12:00:00+02:00'),
    end: fc.constantFrom('now', 'now-1m', '1795200000000'),
    step: fc.constantFrom<ParsedQuery['step']>(
      'auto',
      1,
      250,
      SECOND,
      90 * SECOND,
      MINUTE,
      HOUR,
      DAY,
      7 * DAY,
      'week',
      'month',
    ),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
    offset: fc.constantFrom(0, 90 * SECOND, DAY),
    expression: fc.constantFrom(null, '100 * a / b', 'a - 1').map((text) => text && parseExpression(text)),
    'b.metric': fc.constantFrom(null, 'memory'),
    'b.aggregate': fc.constant(null),
    'b.match': fc.constantFrom<ParsedQuery['b.match']>(null, [], [{ label: 'a', operator: '=', value: '&' }]),
    'b.offset': fc.constantFrom(null, 0, 7 * DAY),
    maxPoints: fc.option(fc.integer({ min: 1, max: 5_000 })),
    aggregate: fc.constantFrom<ParsedQuery['aggregate']>(
      ['avg'],
      ['max', 'min'],
      ['rate'],
      ['p99.9', 'avg', 'sum(rate)'],
    ),
    by: fc.uniqueArray(
      fc.stringMatching(LABEL_NAME).filter((name) => name.length <= 64),
      { maxLength: 3 },
    ),
    match: fc.array(
      fc.record({
        label: fc.stringMatching(LABEL_NAME),
        operator: fc.constantFrom('=' as const, '!=' as const, '=~' as const),
        value: fc.string(),
      }),
      { maxLength: 3 },
    ),
    top: fc.option(fc.integer({ min: 1, max: 1_000 })),
    bottom: fc.option(fc.integer({ min: 1, max: 1_000 })),
    rank: fc.constantFrom<ParsedQuery['rank']>('latest', 'range'),
    fill: fc.constantFrom<ParsedQuery['fill']>('none', 'previous', 'linear', 0, -1.5e9),
  })
  .map(asked);

describe('two operands', () => {
  const operands = (query: Record<string, unknown>) =>
    operandsOfQuery(parseQuery({ metric: 'cpu', ...query }));

  it('are what differs between them', () => {
    const a = { metric: 'cpu', aggregates: ['max'], matchers: [], offset: 0 };
    expect(operands({ aggregate: 'max', expression: '2 * a' })).toEqual([a]);
    expect(operands({ aggregate: 'max', expression: 'a - b', 'b.offset': '1d' })).toEqual([
      a,
      { ...a, offset: DAY },
    ]);
    const match = '{env="prod"}';
    expect(operands({ match, expression: 'a / b' })[1].matchers).toHaveLength(1);
    expect(operands({ match, expression: 'a / b', 'b.match': '{}' })[1].matchers).toEqual([]);
    expect(operands({ offset: '1h', expression: 'a / b', 'b.offset': '0s' })[1].offset).toBe(0);
  });

  it.each([
    [
      { expression: 'a +' },
      'expression cannot be read: a, b, a number or a parenthesis is expected at character 4.',
    ],
    [{ expression: '2 * b' }, 'expression must say what to do with a.'],
    [{ 'b.metric': 'memory' }, 'b.metric is of b, which no expression speaks of.'],
    [{ expression: '-a', 'b.offset': '1d' }, 'b.offset is of b, which no expression speaks of.'],
    [
      { expression: 'a / b', aggregate: 'min,max', 'b.aggregate': 'avg' },
      'b.aggregate must have as many aggregates as aggregate, which has 2.',
    ],
    [
      { expression: 'a / b', 'b.metric': 'memory', 'b.match': '{__name__="disk"}' },
      'b.match selects disk by __name__, but metric is memory.',
    ],
  ])('%j is refused', (query, message) => {
    expect(() => operands(query)).toThrow(expect.objectContaining({ code: 'bad_parameter', message }));
  });
});

it('has either the top or the bottom', () => {
  expect(() => parseQuery({ metric: 'cpu', top: 1, bottom: 1 })).toThrow(/^bottom /);
});

describe('toSearchParams', () => {
  it('leaves defaults out', () => {
    expect(toSearchParams(DEFAULTS).toString()).toBe('metric=cpu');
  });

  it('is read back by parseQuery', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        const text = toSearchParams(query).toString();
        expect(parseQuery(new URLSearchParams(text))).toEqual(query);
      }),
    );
  });
});
