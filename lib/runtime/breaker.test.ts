import { afterEach, expect, test, vi } from 'vitest';
import { until } from '../../test/support/processes';
import { PulseError } from '../model/errors';
import { guardStore } from '../store/guarded-store';
import type { Lane } from '../store/lane';
import type { Store } from '../store/store';
import { type Breaker, type BreakerStatus, createBreaker } from './breaker';

const breakers = new Set<BreakerStatus>();
const started: Breaker[] = [];
afterEach(() => {
  for (const breaker of started.splice(0)) breaker.close();
});

function outside() {
  const side = { isAway: false, calls: 0, probes: 0 };
  const work = async () => {
    side.calls++;
    if (side.isAway) throw new Error('away');
    return 'answer';
  };
  const breaker = createBreaker(
    {
      name: 'test',
      isAway: (error) => error instanceof Error && error.message === 'away',
      whenOpen: (ms) => new Error(`open, ${ms > 0 && ms <= 400}`),
      probe: async () => {
        side.probes++;
        if (side.isAway) throw new Error('away');
      },
      failures: 3,
      retryMs: 400,
    },
    breakers,
  );
  started.push(breaker);
  const [status] = breakers;
  return { side, work, breaker, status };
}

test('opens after failures in a row, then fails at once, and closes by itself', async () => {
  const { side, work, breaker, status } = outside();
  expect(await breaker.run(work)).toBe('answer');
  side.isAway = true;
  for (let i = 0; i < 3; i++) await expect(breaker.run(work)).rejects.toThrow('away');
  expect(status.state).toBe('open');
  await expect(breaker.run(work)).rejects.toThrow('open, true');
  expect(side.calls).toBe(4);
  await until(() => expect(side.probes).toBeGreaterThan(2));
  expect(status.state).not.toBe('closed');
  side.isAway = false;
  await until(() => expect(status.state).toBe('closed'));
  expect(await breaker.run(work)).toBe('answer');
  expect(side.calls).toBe(5);
  expect(status.opened).toBeGreaterThan(1);
});

test('what the other side merely refuses does not open it', async () => {
  const { breaker, status } = outside();
  const refuse = async () => {
    throw new Error('bad question');
  };
  for (let i = 0; i < 10; i++) await expect(breaker.run(refuse)).rejects.toThrow('bad question');
  expect(status.state).toBe('closed');
});

test('one success between failures begins the count anew', async () => {
  const { side, work, breaker, status } = outside();
  for (let i = 0; i < 5; i++) {
    side.isAway = true;
    for (let j = 0; j < 2; j++) await expect(breaker.run(work)).rejects.toThrow();
    side.isAway = false;
    await breaker.run(work);
  }
  expect(status.state).toBe('closed');
});

test('a store that is away: writes and reads fail at once with an honest time to come back', async () => {
  let isAway = true;
  const refuse = async () => {
    if (isAway) throw new PulseError('database_unavailable', 'away');
    return [];
  };
  async function* pages() {
    yield [];
    await refuse();
  }
  const lane = { run: refuse } as unknown as Lane;
  const { store, records, stop } = guardStore(
    {
      store: {
        samples: { append: vi.fn(refuse), readSamples: pages },
        database: { ping: async () => void (await refuse()) },
      } as unknown as Store,
      records: lane,
      events: { write: lane, read: lane },
    },
    breakers,
  );
  const rows = { seriesIds: [], timestamps: [], values: [] };
  for (let i = 0; i < 3; i++) await expect(store.samples.append(rows)).rejects.toThrow('away');
  const refusal = store.samples.append(rows);
  await expect(refusal).rejects.toMatchObject({ code: 'database_unavailable' });
  await expect(refusal).rejects.toSatisfy(({ retryAfterMs }) => retryAfterMs > 0 && retryAfterMs <= 1_000);
  await expect(records(async () => 1)).rejects.toMatchObject({ code: 'database_unavailable' });
  const states = [...breakers].map(({ name, state }) => [name, state]);
  expect(states).toContainEqual(['database_write', 'open']);
  expect(states).toContainEqual(['database_read', 'closed']);
  for (let i = 0; i < 4; i++) {
    await expect(async () => {
      for await (const _ of store.samples.readSamples({ start: 0, end: 1 })) {
        // The first page comes, the second does not.
      }
    }).rejects.toMatchObject({ code: 'database_unavailable' });
  }
  isAway = false;
  await until(async () => expect(await store.samples.append(rows)).toEqual([]));
  stop();
  expect(breakers.size).toBe(0);
});
