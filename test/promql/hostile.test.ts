import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { labelsKey } from '@/lib/model/labels';
import { PromqlError } from '@/lib/read/promql/errors';
import { evaluate, type Result } from '@/lib/read/promql/evaluate/evaluate';
import type { Grid } from '@/lib/read/promql/evaluate/series';
import { StoredSamples } from '@/lib/read/promql/source';
import type { Expr } from '@/lib/read/promql/syntax/ast';
import { typeOf } from '@/lib/read/promql/syntax/check';
import { parseQuery } from '@/lib/read/promql/syntax/parse';
import { Work } from '@/lib/runtime/work/work';
import { createScheduler } from '../support/scheduler';
import { parseCases } from './format/parse';
import { CaseWorld } from './format/world';

const scheduler = createScheduler();
afterAll(() => scheduler.close());

const MINUTE = 60_000;
const world = new CaseWorld();
for (const command of parseCases(`load 15s
  requests_total{host="a",zone="x"} 0+7x60
  requests_total{host="b",zone="x"} 0+3x20 1+5x20
  load{host="a"} 1 -2 3.5 stale _ _ 1e300 -1e300 0 5e-324 NaN Inf -Inf 2x20
  load{host="b"} 5x30
  latency_bucket{host="a",le="0.1"} 0+1x50
  latency_bucket{host="a",le="+Inf"} 0+4x50
`))
  if (command.kind === 'load') world.load(command);

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
const range = oneOf('1ms', '15s', '1m', '7m', '1h', '10y');
const number = oneOf(
  '0',
  '-1',
  '2',
  '1e308',
  '5e-324',
  'NaN',
  'Inf',
  '-Inf',
  '0x1f',
  '9007199254740993',
  '.5',
);
const selector = oneOf(
  ...['requests_total', 'load', 'nothing', 'latency_bucket', 'load{host="a"}', '{zone="x"}'],
  ...[
    'load{host!~"a|b"}',
    'load{host=~"(a+)+"}',
    'load offset 1m',
    'load offset -1h',
    'load @ 120',
    'load @ end()',
  ],
);
const grouping = oneOf('', 'by (host)', 'without (host)', 'by ()', 'by (le, zone, none)');
const join = (...parts: Array<fc.Arbitrary<string> | string>) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.join(''));

const { vector } = fc.letrec<{ vector: string; matrix: string }>((tie) => ({
  matrix: fc.oneof(
    { depthSize: 'small' },
    join(
      selector.filter((text) => !/offset|@/.test(text)),
      '[',
      range,
      ']',
    ),
    join('(', tie('vector'), ')[', oneOf('1m', '5m'), ':', oneOf('', '30s', '1m'), ']'),
  ),
  vector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    selector,
    join('vector(', number, ')'),
    join(oneOf('rate', 'increase', 'irate', 'delta', 'deriv', 'changes', 'resets'), '(', tie('matrix'), ')'),
    join(
      oneOf('avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'absent'),
      '_over_time(',
      tie('matrix'),
      ')',
    ),
    join('quantile_over_time(', number, ', ', tie('matrix'), ')'),
    join(oneOf('abs', 'ceil', 'ln', 'sqrt', 'sort', 'timestamp', 'absent', 'month'), '(', tie('vector'), ')'),
    join(
      oneOf('sum', 'avg', 'min', 'max', 'count', 'stddev', 'group'),
      ' ',
      grouping,
      ' (',
      tie('vector'),
      ')',
    ),
    join(oneOf('topk', 'bottomk', 'quantile'), ' ', grouping, ' (', number, ', ', tie('vector'), ')'),
    join('count_values("v", ', tie('vector'), ')'),
    join('histogram_quantile(', number, ', ', tie('vector'), ')'),
    join(
      'label_replace(',
      tie('vector'),
      ', "',
      oneOf('host', 'new', '__name__'),
      '", "$1x", "host", "(.*)")',
    ),
    join('clamp(', tie('vector'), ', ', number, ', ', number, ')'),
    join(
      '(',
      tie('vector'),
      ') ',
      oneOf('+', '/', '%', '^', '== bool', '>', 'and', 'unless', 'or'),
      ' (',
      tie('vector'),
      ')',
    ),
    join('(', tie('vector'), ') * on (host) group_left () (', tie('vector'), ')'),
    join('(', tie('vector'), ') ', oneOf('-', '*', '<', '^'), ' ', number),
    join('-(', tie('vector'), ')'),
  ),
}));

async function answer(expr: Expr, grid: Grid): Promise<Result | string> {
  const work = new Work(scheduler, { budgetMs: 60_000, matchBudgetMs: 60_000 });
  const source = new StoredSamples({ registry: world.registry, columns: world, work });
  try {
    return (await work.run(() => evaluate(expr, grid, { source, work }))).result;
  } catch (error) {
    if (error instanceof PromqlError && error.type !== 'internal') return error.message;
    throw error;
  }
}

/** The values at one step. */
function at(result: Result, step: number): Map<string, number> {
  if (result.type !== 'vector') throw new Error(`${result.type} is no vector`);
  return new Map(
    result.series
      .filter(({ has }) => has[step])
      .map(({ labels, values }) => [labelsKey(labels), values[step]]),
  );
}

test('whatever is asked has an answer or says why not, and each step of a range is the answer at its time', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(vector, async (text) => {
      const expr = parseQuery(text);
      expect(typeOf(expr)).toBe('vector');
      const grid = { start: 2 * MINUTE, step: 1.5 * MINUTE, count: 6 };
      const whole = await answer(expr, grid);
      // `end()` is the end of the range, another one at each single step.
      if (typeof whole === 'string' || /@ end/.test(text)) return;
      for (let k = 0; k < grid.count; k++) {
        const single = await answer(expr, { start: grid.start + k * grid.step, step: 1, count: 1 });
        if (typeof single === 'string') throw new Error(single);
        expect(at(whole, k)).toEqual(at(single, 0));
      }
      compared++;
    }),
    { numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(100);
});

test('text that is no PromQL is refused with its place, whatever it is', () => {
  const pieces = fc.array(
    fc.oneof(
      selector,
      range,
      number,
      oneOf(...'(){}[]:,"\'`\\#=!~+-*/%^@\n'),
      oneOf('sum', 'by', 'rate', 'offset', 'bool'),
    ),
    { maxLength: 60 },
  );
  const text = fc.oneof(
    pieces.map((some) => some.join('')),
    pieces.map((some) => some.join(' ')),
    fc.string({ unit: 'binary' }),
    fc
      .tuple(vector, fc.nat(), fc.nat())
      .map(([whole, from, to]) => whole.slice(0, from % 50) + whole.slice(to % 50)),
  );
  fc.assert(
    fc.property(text, (query) => {
      try {
        parseQuery(query);
      } catch (error) {
        expect(error).toBeInstanceOf(PromqlError);
        expect(error).toMatchObject({ type: 'bad_data', message: expect.stringMatching(/^\d+:\d+: /) });
      }
    }),
    { numRuns: 3_000 },
  );
});

test('the longest and deepest texts are refused, not walked', () => {
  const bombs = [
    '(',
    '-',
    '{',
    '{a="',
    'a==',
    'sum(',
    'a[5m:1m]',
    'a offset ',
    ',',
    '"\\"',
    '\'"`',
    '1+',
    '!(',
    '@',
  ];
  for (const bomb of bombs)
    for (const count of [400, 1_900, 30_000])
      expect(() => parseQuery(`${bomb.repeat(count)}`)).toThrow(PromqlError);
});
