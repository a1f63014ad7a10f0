import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Registry } from '../catalogue/registry';
import { createHoldAll } from './hold-all';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('every metric is held from a look until a minute after the last, new ones from the next look', () => {
  const registry = new Registry();
  let id = 0;
  const add = (metric: string) =>
    registry.add({ id: ++id, metricId: id, metric, labels: {}, type: 'gauge', unit: '', lastSeen: 0 });
  const held = new Set<string>();
  const all = createHoldAll(
    {
      complete: 0,
      watch({ name }) {
        held.add(name);
        return () => held.delete(name);
      },
      close() {},
    },
    registry,
  );
  add('a');
  all.hold();
  add('b');
  expect([...held]).toEqual(['a']);
  vi.advanceTimersByTime(50_000);
  all.hold();
  vi.advanceTimersByTime(50_000);
  expect([...held]).toEqual(['a', 'b']);
  vi.advanceTimersByTime(10_000);
  expect(held.size).toBe(0);
  all.hold();
  all.close();
  expect(held.size).toBe(0);
});
