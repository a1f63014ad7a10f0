import { expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '@/lib/model/time/duration';
import type { Client } from '@/lib/model/wire/clients';
import { newestOf } from './news';
import { amountOf, codeOf, isRefusedNow, nameOf } from './wording';

const OPENED = 1_795_200_000_000;

function client(given: Partial<Client>): Client {
  const name = { protocol: 'prometheus', product: 'Prometheus', version: '2.42.0', isRest: false };
  return { ...name, samples: 0, firstAt: null, lastAt: null, refused: 0, refusal: null, ...given };
}
const arrivedAt = (at: number, given: Partial<Client> = {}) =>
  client({ samples: 12, firstAt: at, lastAt: at, ...given });
const refusedAt = (at: number, given: Partial<Client> = {}) =>
  client({ refused: 1, refusal: { at, status: 401, code: 'unauthorized', message: 'no key' }, ...given });

test('who sent before the page was opened is no news', () => {
  expect(newestOf([], OPENED, OPENED)).toBeNull();
  const known = [arrivedAt(OPENED - 1, { lastAt: OPENED + 5 }), refusedAt(OPENED)];
  expect(newestOf(known, OPENED, OPENED + 10)).toBeNull();
});

test('the newest of those who send for the first time, for half a minute whoever is refused', () => {
  const [first, second] = [arrivedAt(OPENED + 1), arrivedAt(OPENED + 2, { product: 'Telegraf' })];
  const refused = refusedAt(OPENED + SECOND, { product: 'vmagent' });
  const clients = [refused, second, first];
  expect(newestOf(clients, OPENED, OPENED + SECOND)).toEqual({ client: second, isRefusal: false });
  expect(newestOf(clients, OPENED, OPENED + MINUTE)).toEqual({ client: refused, isRefusal: true });
  const later = arrivedAt(OPENED + 2 * SECOND);
  expect(newestOf([...clients, later], OPENED, OPENED + HOUR)).toEqual({ client: later, isRefusal: false });
});

test('a protocol that only a newer server knows is left out', () => {
  for (const protocol of ['pigeon', '__proto__', 'constructor', ''])
    expect(newestOf([arrivedAt(OPENED + 1, { protocol })], OPENED, OPENED + 1), protocol).toBeNull();
});

test('clients in words', () => {
  expect([nameOf(client({})), nameOf(client({ version: null }))]).toEqual([
    'Prometheus/2.42.0',
    'Prometheus',
  ]);
  expect(nameOf(client({ product: null, version: null }))).toBe('a program that does not name itself');
  expect(nameOf(client({ product: null, version: null, protocol: 'statsd' }))).toBeNull();
  expect(nameOf(client({ product: null, version: null, isRest: true }))).toBe('further programs');
  expect([1, 12, 12_400].map((samples) => amountOf(client({ samples })))).toEqual([
    '1 sample',
    '12 samples',
    '12,400 samples',
  ]);
  expect([1, 2].map((samples) => amountOf(client({ samples, protocol: 'events' })))).toEqual([
    '1 event',
    '2 events',
  ]);
  const { refusal } = refusedAt(OPENED);
  expect([codeOf(refusal!), codeOf({ ...refusal!, status: null, code: 'bad_name' })]).toEqual([
    '401, unauthorized',
    'bad name',
  ]);
});

test('a refusal counts until something is taken again, and for an hour', () => {
  const refused = refusedAt(OPENED);
  expect(isRefusedNow(refused, OPENED)).toBe(true);
  expect(isRefusedNow(refused, OPENED + HOUR)).toBe(false);
  expect(isRefusedNow({ ...refused, lastAt: OPENED + 1 }, OPENED + 2)).toBe(false);
});
