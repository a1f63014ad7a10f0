import { expect, it } from 'vitest';
import { EventQueue } from './event-queue';

/** A queue whose commits end when the test says so. */
function scene({ maxItems = 10, maxInFlight = 1, bytesOf = (_: number): number => 1 } = {}) {
  const commits: Array<{ items: readonly number[]; end(): void; fail(error: Error): void }> = [];
  const queue = new EventQueue<number, string>({
    bytesOf,
    maxItems,
    maxInFlight,
    batchItems: 4,
    batchBytes: 1_000,
    commit: (items) =>
      new Promise((resolve, reject) => {
        commits.push({ items, end: () => resolve(items.map((item) => `done ${item}`)), fail: reject });
      }),
  });
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { queue, commits, turn };
}

it('commits together what came meanwhile, never splits a writer, and tells each what became of its own', async () => {
  const { queue, commits, turn } = scene();
  const first = queue.write([1], 1_000);
  await turn();
  const others = [queue.write([2, 3], 1_000), queue.write([4, 5, 6], 1_000), queue.write([7], 1_000)];
  await turn();
  expect(commits.map(({ items }) => items)).toEqual([[1]]);
  commits[0].end();
  expect(await first).toEqual(['done 1']);
  await turn();
  expect(commits[1].items).toEqual([2, 3, 4, 5, 6]);
  commits[1].end();
  expect(await others[1]).toEqual(['done 4', 'done 5', 'done 6']);
  await turn();
  commits[2].end();
  expect(await others[2]).toEqual(['done 7']);
  expect(queue.size).toBe(0);
});

it('puts no more into a commit than the database takes in one go', async () => {
  const { queue, commits, turn } = scene({ bytesOf: (item) => item });
  const writes = [600, 700, 2_000, 1].map((item) => queue.write([item], 1_000));
  for (let i = 0; i < 3; i++) {
    await turn();
    commits[i].end();
  }
  await Promise.all(writes);
  expect(commits.map(({ items }) => items)).toEqual([[600, 700], [2_000], [1]]);
});

it('refuses what goes beyond its bound, and takes more as soon as there is room', async () => {
  const { queue, commits, turn } = scene({ maxItems: 3 });
  const first = queue.write([1, 2, 3, 4, 5], 1_000);
  await turn();
  await expect(queue.write([6], 1_000)).rejects.toMatchObject({ code: 'queue_full', retryAfterMs: 1_000 });
  commits[0].end();
  await first;
  await turn();
  const second = queue.write([6], 1_000);
  await turn();
  commits[1].end();
  expect(await second).toEqual(['done 6']);
});

it('does not begin what its writer has been refused, and a failed commit fails its writers only', async () => {
  const { queue, commits, turn } = scene();
  const failing = queue.write([1], 1_000);
  await turn();
  await expect(queue.write([2], 5)).rejects.toMatchObject({ code: 'database_unavailable' });
  const third = queue.write([3], 1_000);
  commits[0].fail(new Error('broken'));
  await expect(failing).rejects.toThrow('broken');
  await turn();
  expect(commits[1].items).toEqual([3]);
  const closing = queue.close();
  await expect(queue.write([4], 1_000)).rejects.toMatchObject({ code: 'shutting_down' });
  commits[1].end();
  expect(await third).toEqual(['done 3']);
  await closing;
});
