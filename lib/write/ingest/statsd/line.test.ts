import { expect, test } from 'vitest';
import { readStatsdLine, readStatsdNumber } from './line';

const read = (line: string) => readStatsdLine(line, 'web-1:8125');

test('a line says what, how much, of which type, and for how many', () => {
  const cases: Array<[line: string, expected: object]> = [
    ['app.hits:1|c', { type: 'counter', values: ['1'], weight: 1 }],
    ['app.hits:1|c|@0.1', { weight: 10 }],
    ['app.hits:1|c|@1', { weight: 1 }],
    ['app.hits:1|c|@1e-3', { weight: 1_000 }],
    ['temperature:-4.5e1|g', { type: 'gauge', values: ['-4.5e1'] }],
    ['took:320|ms|@.5|#a:b', { type: 'timer', values: ['320'], weight: 2 }],
    ['took:1:2:3|d', { type: 'timer', values: ['1', '2', '3'] }],
    ['size:1|h', { type: 'timer' }],
    ['users:joe|s', { type: 'set', values: ['joe'] }],
    ['app.hits:1|c|#env:prod|c:in-1234|T1795200000|e:it-false,cn-x|card:low|new', { type: 'counter' }],
  ];
  for (const [line, expected] of cases) expect(read(line), line).toMatchObject(expected);
});

test('tags are labels, in any order; a name becomes one of ours', () => {
  const subjectOf = (line: string) => (read(line) as { subject: object }).subject;
  expect(subjectOf('app hits:1|c|#env:prod,url:http://a/b,canary,service.name:x')).toEqual({
    name: 'app_hits',
    labels: { env: 'prod', url: 'http://a/b', canary: 'true', service_name: 'x', instance: 'web-1:8125' },
    key: expect.any(String),
  });
  expect(subjectOf('a:1|c|#x:1,y:2')).toEqual(subjectOf('a:1|c|#y:2,x:1,z:'));
  expect(subjectOf('a:1|c|#instance:mine')).toMatchObject({
    labels: { instance: 'web-1:8125', exported_instance: 'mine' },
  });
});

test('what is none is refused, and says why', () => {
  for (const line of [
    'rubbish',
    ':1|c',
    'a:1',
    'a|c',
    'a:1|c|@0',
    'a:1|c|@2',
    'a:1|c|@-0.5',
    'a:1|c|@x',
    'a:1|c|@',
    'a:1|c|#:x',
    'a:1|c|#__proto__:x',
    `${'a'.repeat(201)}:1|c`,
    `a:1|c|#b:${'x'.repeat(257)}`,
    `a:1|c|#${Array.from({ length: 33 }, (_, i) => `l${i}:x`)}`,
    'a:1|c|#b:\0',
  ])
    expect(read(line), line).toBe('malformed');
  for (const line of ['_e{5,4}:title|text', '_sc|name|0', 'a:1|x', 'a:1|constructor', 'a:1|m'])
    expect(read(line), line).toBe('unsupported');
});

test('a number is one that a float64 holds', () => {
  for (const [text, number] of [
    ['1', 1],
    ['+.5', 0.5],
    ['-5.', -5],
    ['1e3', 1_000],
  ] as const)
    expect(readStatsdNumber(text), text).toBe(number);
  for (const text of ['', 'x', 'NaN', 'Infinity', '1e999', '0x10', '1_0', '1e', '--1', ' 1'])
    expect(readStatsdNumber(text), text).toBeNaN();
});
