import { afterAll, describe, expect, test } from 'vitest';
import { HeldBodies } from '@/lib/access/limit/held-body';
import { Reclaim } from '@/lib/runtime/reclaim';
import { Dice } from '@/test/support/hostile-bodies';
import { usedBytes } from '@/test/support/memory';
import type { DecodedSamples } from '../sample';
import { decodeAllLines, decodeLines } from './decode';
import { type LineUnit, readTime, readUnit } from './time';

const reclaim = new Reclaim();
const bodies = new HeldBodies(reclaim);
afterAll(() => reclaim.close());

const AT = 1_795_200_000_000;

/** Decodes it in pieces of a few bytes. */
async function decode(
  body: string | Buffer,
  unit: LineUnit = 'ns',
  pieceBytes = 11,
): Promise<DecodedSamples> {
  const bytes = Buffer.from(body);
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
  }
  const found: DecodedSamples = { samples: [], errors: [] };
  for await (const { samples, errors } of decodeLines(pieces(), unit, bodies)) {
    found.samples.push(...samples);
    found.errors.push(...errors);
  }
  return found;
}

const read = async (line: string) =>
  (await decode(`${line}\n`)).samples.map(({ name, labels, value }) => [name, labels, value]);
const problem = async (line: string) => (await decode(line)).errors.map(({ message }) => message);

describe('a line', () => {
  test('is a sample for each field that is a number', async () => {
    expect(
      await read(
        `cpu,host=a,region=eu usage=1.5,cores=4i,ticks=18446744073709551615u,on=t,off=FALSE,s="x" ${AT}000000`,
      ),
    ).toEqual([
      ['cpu_usage', { host: 'a', region: 'eu' }, 1.5],
      ['cpu_cores', { host: 'a', region: 'eu' }, 4],
      ['cpu_ticks', { host: 'a', region: 'eu' }, 2 ** 64],
      ['cpu_on', { host: 'a', region: 'eu' }, 1],
      ['cpu_off', { host: 'a', region: 'eu' }, 0],
    ]);
    expect(await read(' \t temperature value=-1e-3 ')).toEqual([['temperature', {}, -0.001]]);
    expect(await read('m a=.5,b=5.,c=+1,d=-9223372036854775808i')).toMatchObject([
      ['m_a', {}, 0.5],
      ['m_b', {}, 5],
      ['m_c', {}, 1],
      ['m_d', {}, -(2 ** 63)],
    ]);
    expect(await read('logs message="nothing but text"')).toEqual([]);
  });

  test('may escape what separates its parts', async () => {
    expect(await read('my\\ disk\\,x,path=C:\\\\a\\ b\\,c,k\\=ey=v free\\ space=1')).toEqual([
      ['my_disk_x_free_space', { path: 'C:\\a b,c', k_ey: 'v' }, 1],
    ]);
    expect(await read('m,t=ü😀 text="a, b=\\"c\\" d\\\\",v=2')).toEqual([['m_v', { t: 'ü😀' }, 2]]);
  });

  test('has names that become ours', async () => {
    expect(await read('win.cpu-load,9=x,service.name=a value=1')).toEqual([
      ['win.cpu-load', { _9: 'x', service_name: 'a' }, 1],
    ]);
  });

  test('is refused in the words of InfluxDB', async () => {
    for (const [line, message] of [
      ['bogus line here x', 'invalid field format'],
      ['cpu', 'missing fields'],
      ['cpu,host=a', 'missing fields'],
      [',host=a v=1', 'missing measurement'],
      ['cpu,host= v=1', 'missing tag value'],
      ['cpu,host v=1', 'missing tag value'],
      ['cpu,=a v=1', 'missing tag key'],
      ['cpu,a=1,a=2 v=1', 'duplicate tags'],
      ['cpu v=', 'missing field value'],
      ['cpu =1', 'missing field key'],
      ['cpu v=1,', 'invalid field format'],
      ['cpu v=NaN', 'invalid number'],
      ['cpu v=Inf', 'invalid number'],
      ['cpu v=1e999', 'value out of range'],
      ['cpu v=9223372036854775808i', 'value out of range'],
      ['cpu v=-1u', 'value out of range'],
      ['cpu v=0x10', 'invalid number'],
      ['cpu v="open', 'unbalanced quotes'],
      ['cpu v="a"b', 'invalid field format'],
      ['cpu v=1 soon', 'bad timestamp'],
      ['cpu v=1 1.5', 'bad timestamp'],
      ['cpu v=1 99999999999999999999', 'bad timestamp'],
    ])
      expect(await problem(line), line).toEqual([`unable to parse line 1: ${message}`]);
    expect(await decode(Buffer.from('cpu,a=\xff v=1', 'latin1'))).toMatchObject({
      samples: [],
      errors: [{}],
    });
  });
});

test('comments, empty lines and a carriage return are no errors, and a bad line takes no other with it', async () => {
  const { samples, errors } = await decode(
    `# a comment\r\n\n  \na v=1 ${AT}000000\r\nbad\nb v=2 ${AT}000000`,
  );
  expect(samples.map(({ index, name, timestamp }) => [index, name, timestamp])).toEqual([
    [3, 'a_v', AT],
    [5, 'b_v', AT],
  ]);
  expect(errors.map(({ index }) => index)).toEqual([4]);
});

test('timestamps are exact in every unit', () => {
  expect(readTime('1795200000123456789', 'ns')).toBe(AT + 123);
  expect(readTime('1795200000999999999', 'ns')).toBe(AT + 999);
  expect(readTime('1795200000123999', 'us')).toBe(AT + 123);
  expect(readTime('1795200000123', 'ms')).toBe(AT + 123);
  expect(readTime('1795200000', 's')).toBe(AT);
  expect(readTime('29920000', 'm')).toBe(AT);
  expect(readTime('498667', 'h')).toBe(498_667 * 3_600_000);
  for (const time of ['1795200000', '1795200000000', '1795200000000000', '1795200000000000000'])
    expect(readTime(time, 'auto'), time).toBe(AT);
  expect([readTime('0', 'ns'), readTime('-1', 'ns'), readTime('-1000000', 'ns')]).toEqual([0, -1, -1]);
  for (const text of ['', '-', '1e3', '0x1', ' 1', '1'.repeat(20)])
    expect(readTime(text, 's'), text).toBeNull();
  expect(['n', 'u', 'µ', 'nanosecond', 'auto', 'h'].map(readUnit)).toEqual([
    'ns',
    'us',
    'us',
    'ns',
    'auto',
    'h',
  ]);
  for (const name of ['', 'NS', 'weeks', '__proto__'])
    expect(() => readUnit(name)).toThrow(expect.objectContaining({ code: 'bad_parameter' }));
});

test('where all lines must be good one bad one keeps the others out', () => {
  expect(decodeAllLines(Buffer.from('a v=1\n\nb v=2'), 'ns').samples).toHaveLength(2);
  expect(() => decodeAllLines(Buffer.from('a v=1\nbad\nb v=2'), 'ns')).toThrow(
    expect.objectContaining({ code: 'nothing_usable', details: [expect.objectContaining({ index: 1 })] }),
  );
});

test('a long line is passed over, and of garbage nothing stays', async () => {
  const { samples, errors } = await decode(`${'x'.repeat(2 ** 20 + 1)} v=1\na v=1\n`, 'ns', 65_536);
  expect([samples.length, errors.length]).toEqual([1, 1]);
  const dice = new Dice(5);
  const parts = [
    'cpu',
    ',',
    '=',
    ' ',
    '"',
    '\\',
    'v',
    '1',
    'i',
    'u',
    'e',
    '-',
    '.',
    't',
    '\n',
    '#',
    '\0',
    'é',
    '😀',
    '__proto__',
  ];
  const before = await usedBytes();
  for (let i = 0; i < 3_000; i++) {
    const body = Array.from({ length: dice.below(60) }, () => dice.pick(parts)).join('');
    const { samples, errors } = await decode(body, 'auto', 1 + dice.below(40));
    for (const { value, timestamp } of samples)
      expect(Number.isFinite(value) && Number.isInteger(timestamp)).toBe(true);
    expect(samples.length + errors.length).toBeLessThanOrEqual(body.length);
  }
  expect((await usedBytes()) - before).toBeLessThan(32 * 2 ** 20);
});
