import { expect, test } from 'vitest';
import { isPulseError } from '@/lib/model/errors';
import { Dice } from '@/test/support/hostile-bodies';
import { usedBytes } from '@/test/support/memory';
import { all } from '@/test/support/remote-write';
import { decodeCollectd } from './decode';

const AT = 1_795_200_000_123;
const LIST = {
  values: [812_816],
  dstypes: ['derive'],
  dsnames: ['value'],
  time: AT / 1_000,
  interval: 10,
  host: 'web-1',
  plugin: 'cpu',
  plugin_instance: '1',
  type: 'cpu',
  type_instance: 'system',
  meta: { 'network:received': true },
};

const decode = (lists: unknown, areRates = false) =>
  all(decodeCollectd(Buffer.from(JSON.stringify(lists)), areRates));

test('a value list is a sample for each of its values, named as by write_prometheus', () => {
  const load = {
    ...LIST,
    values: [0.5, 1, null],
    dstypes: ['gauge', 'gauge', 'gauge'],
    dsnames: ['shortterm', 'midterm', 'longterm'],
    plugin: 'load',
    plugin_instance: '',
    type: 'load',
    type_instance: '',
  };
  const octets = {
    ...LIST,
    values: [5],
    dstypes: ['counter'],
    dsnames: ['rx'],
    plugin: 'interface',
    plugin_instance: 'eth0',
    type: 'if_octets',
    type_instance: '',
  };
  const memory = {
    ...LIST,
    dstypes: ['gauge'],
    plugin: 'memory',
    plugin_instance: '',
    type: 'memory',
    type_instance: 'free',
  };
  const { samples, errors } = decode([LIST, load, octets, memory]);
  expect(errors).toEqual([]);
  expect(
    samples.map(({ name, labels, value, timestamp, type }) => [name, labels, value, timestamp, type]),
  ).toEqual([
    ['collectd_cpu_total', { cpu: '1', type: 'system', host: 'web-1' }, 812_816, AT, 'counter'],
    ['collectd_load_shortterm', { host: 'web-1' }, 0.5, AT, 'gauge'],
    ['collectd_load_midterm', { host: 'web-1' }, 1, AT, 'gauge'],
    ['collectd_interface_if_octets_rx_total', { interface: 'eth0', host: 'web-1' }, 5, AT, 'counter'],
    ['collectd_memory', { memory: 'free', host: 'web-1' }, 812_816, AT, 'gauge'],
  ]);
});

test('of rates there are no counters; what was counted since the last reading is one', () => {
  expect(decode([LIST], true).samples).toMatchObject([{ name: 'collectd_cpu', type: 'gauge' }]);
  const absolute = { ...LIST, dstypes: ['absolute'] };
  expect(decode([absolute]).samples).toMatchObject([
    { name: 'collectd_cpu_total', value: 0, timestamp: AT - 9_999, type: 'counter' },
    { name: 'collectd_cpu_total', value: 812_816, timestamp: AT, type: 'counter' },
  ]);
});

test('what is none is rejected, and takes no other with it', () => {
  const bad = [
    null,
    1,
    {},
    { ...LIST, values: 1 },
    { ...LIST, values: [1, 2] },
    { ...LIST, dstypes: ['constructor'] },
    { ...LIST, dsnames: [1] },
    { ...LIST, time: 'now' },
    { ...LIST, interval: null },
    { ...LIST, host: 5 },
    { ...LIST, values: ['1'] },
  ];
  const { samples, errors } = decode([...bad, { severity: 'FAILURE', message: 'x' }, LIST]);
  expect([samples.length, errors.map(({ index }) => index)]).toEqual([1, bad.map((_, i) => i)]);
  for (const body of ['', '{}', 'null', '"x"', '[', '\xff'])
    expect(() => [...decodeCollectd(Buffer.from(body, 'latin1'), false)], body).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^bad_(shape|json|body)$/) }),
    );
  const deep = Buffer.from('['.repeat(100_000));
  expect(() => [...decodeCollectd(deep, false)]).toThrow(expect.objectContaining({ code: 'bad_shape' }));
});

test('cut off, flipped or made up, a body is refused or read, and nothing else', async () => {
  const whole = Buffer.from(JSON.stringify([LIST, { ...LIST, values: [null] }]));
  const outcome = (body: Buffer) => {
    try {
      return all(decodeCollectd(body, false)).samples.every(
        ({ value, timestamp }) => Number.isFinite(value) && !Number.isNaN(timestamp),
      );
    } catch (error) {
      return isPulseError(error) && error.status === 400;
    }
  };
  const dice = new Dice(9);
  const before = await usedBytes();
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    expect(outcome(flipped), String(flipped)).toBe(true);
  }
  for (let length = 0; length < whole.length; length++) expect(outcome(whole.subarray(0, length))).toBe(true);
  for (let i = 0; i < 2_000; i++)
    expect(outcome(Buffer.from(Array.from({ length: dice.below(200) }, () => dice.below(256))))).toBe(true);
  expect((await usedBytes()) - before).toBeLessThan(32 * 2 ** 20);
});
