import { describe, expect, it } from 'vitest';
import { readRecords } from './csv';
import { parseTimestamp, readRows } from './rows';

const COLUMNS = { timestamp: 'timestamp', value: 'value' };

/** A text as a file gives it: in chunks, cut anywhere. */
async function* chunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('CSV records', () => {
  const text = 'a,b\r\n1,"x, ""y""\nz"\n\n2,ü\n"",3';
  it.each([1, 2, 3, 7, 100])('are the same however the file is cut (%i bytes)', async (size) => {
    const records = await collect(readRecords(chunks(text, size)));
    expect(records.map(({ fields }) => fields)).toEqual([
      ['a', 'b'],
      ['1', 'x, "y"\nz'],
      ['2', 'ü'],
      ['', '3'],
    ]);
    expect(records.at(-1)?.bytesRead).toBe(Buffer.byteLength(text));
  });

  it('do not end inside a quote', async () => {
    await expect(collect(readRecords(chunks('a,"b', 10)))).rejects.toThrow('inside a quoted field');
  });
});

describe('rows', () => {
  it('are read by the names of their columns, whatever stands beside them', async () => {
    const text =
      '\uFEFFhost,value,timestamp\nweb,0.132,2014-02-14 14:30:00\nweb,nothing,2014-02-14 14:35:00\nweb,1,yesterday\n';
    const rows = await collect(readRows(chunks(text, 100), COLUMNS));
    expect(rows).toMatchObject([
      { timestamp: Date.UTC(2014, 1, 14, 14, 30), value: 0.132 },
      { problem: '"nothing" is no number', number: 3 },
      { problem: '"yesterday" is no time', number: 4 },
    ]);
  });

  it('name the columns there are when one is missing', async () => {
    await expect(collect(readRows(chunks('time,value\n1,2\n', 100), COLUMNS))).rejects.toThrow(
      'no column "timestamp"; it has: time, value. Choose one with --timestamp-column.',
    );
  });
});

describe('times', () => {
  const moment = Date.UTC(2014, 1, 14, 14, 30);
  it.each([
    ['2014-02-14 14:30:00', moment],
    ['2014-02-14T14:30', moment],
    ['2014-02-14 14:30:00.250', moment + 250],
    ['2014-02-14T15:30:00+01:00', moment],
    ['2014-02-14 15:30:00 +0100', moment],
    ['2014-02-14T14:30:00Z', moment],
    ['2014-02-14', Date.UTC(2014, 1, 14)],
    [String(moment / 1_000), moment],
    [String(moment), moment],
    ['02/14/2014', null],
    ['2014-13-40', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });
});
