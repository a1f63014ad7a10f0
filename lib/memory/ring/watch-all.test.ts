import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Registry } from '../catalogue/registry';
import { createAllMetricsWatch } from './watch-all';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('every metric is watched until a minute after the last renewal, new ones from the next renewal on', () => {
  const registry = new Registry();
  let id = 0;
  const add = (metric: string) =>
    registry.add({ id: ++id, metricId: id, metric, labels: {}, type: 'gauge', unit: '', lastSeen: 0 });
  const watched = new Set<string>();
  const all = createAllMetricsWatch(
    {
      complete: 0,
      watch({ name }) {
        watched.add(name);
        return () => watched.delete(name);
      },
      close() {},
    },
    registry,
  );
  add('a');
  all.renew();
  add('b');
  expect([...watched]).toEqual(['a']);
  vi.advanceTimersByTime(50_000);
  all.renew();
  vi.advanceTimersByTime(50_000);
  expect([...watched]).toEqual(['a', 'b']);
  vi.advanceTimersByTime(10_000);
  expect(watched.size).toBe(0);
  all.renew();
  all.close();
  expect(watched.size).toBe(0);
});
