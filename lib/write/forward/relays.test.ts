import { expect, test } from 'vitest';
import { Relays } from './relays';

const MINUTE = 60_000;

test('a chain of servers: whoever is in it refuses, however long the way', () => {
  const [a, b, c] = [new Relays(), new Relays(), new Relays()];
  expect(a.chain()).toBe(a.id);
  b.receive(a.chain());
  c.receive(b.chain());
  expect(c.chain()).toBe([c, b, a].map(({ id }) => id).join(', '));
  for (const one of [a, b, c])
    expect(() => one.receive(c.chain())).toThrow(
      expect.objectContaining({ code: 'forwarding_loop', status: 409 }),
    );
});

test('who is silent for ten minutes is forgotten', () => {
  const [a, b] = [new Relays(), new Relays()];
  b.receive(a.chain(), 0);
  expect(b.chain(10 * MINUTE)).toContain(a.id);
  expect(b.chain(10 * MINUTE + 1)).toBe(b.id);
});

test('whatever else is sent is not passed on, and what is kept is bounded', () => {
  const relays = new Relays();
  for (const header of ['', ',', 'x', '\u{1f600}', 'a'.repeat(10_000), `${relays.id}0`, '../../etc'])
    relays.receive(header);
  expect(relays.chain()).toBe(relays.id);
  for (let i = 0; i < 1_000; i++) relays.receive(String(i).padStart(16, '0'));
  expect(relays.chain().split(', ')).toHaveLength(65);
  expect(relays.chain()).toContain('0000000000000999');
  const many = Array.from({ length: 64 }, (_, i) => String(i).padStart(16, 'f'));
  expect(() => relays.receive([...many, relays.id].join(','))).toThrow();
});
