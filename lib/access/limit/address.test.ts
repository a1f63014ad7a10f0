import { expect, test } from 'vitest';
import { clientAddress, senderOf } from './address';

test('nobody but trusted proxies is believed', () => {
  expect(clientAddress('192.0.2.1', '198.51.100.7', 0)).toBe('192.0.2.1');
  expect(clientAddress('192.0.2.1', 'spoofed, 198.51.100.7', 1)).toBe('198.51.100.7');
  expect(clientAddress('192.0.2.1', 'spoofed, 198.51.100.7, 10.0.0.1', 2)).toBe('198.51.100.7');
  expect(clientAddress('192.0.2.1', '198.51.100.7', 3)).toBe('198.51.100.7');
  expect(clientAddress('192.0.2.1', undefined, 1)).toBe('192.0.2.1');
  expect(clientAddress('::ffff:192.0.2.1', undefined, 0)).toBe('192.0.2.1');
  expect(clientAddress(undefined, undefined, 0)).toBe('');
});

test.each([
  ['198.51.100.7:4711', '198.51.100.7'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['::FFFF:198.51.100.7', '198.51.100.7'],
  ['0:0:0:0:0:ffff:c633:6407', '198.51.100.7'],
  ['unknown', '192.0.2.1'],
  ['_hidden', '192.0.2.1'],
  ['x'.repeat(10_000), '192.0.2.1'],
])('a proxy that writes %s saw %s', (written, address) => {
  expect(clientAddress('192.0.2.1', written, 1)).toBe(address);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0001::', '2001:db8:1:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['2001:db8:0:1:aaaa::192.0.2.9', '2001:db8:0:1::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
  ['not an address', 'not an address'],
])('%s is sender %s', (address, sender) => {
  expect(senderOf(address)).toBe(sender);
});
