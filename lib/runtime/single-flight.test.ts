import { expect, it } from 'vitest';
import { createSingleFlight } from './single-flight';

/** Work that the test ends, and a count of its starts. */
function controlled() {
  const ends: Array<(value: string) => void> = [];
  const fails: Array<(reason: Error) => void> = [];
  const work = () =>
    new Promise<string>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  return { ends, fails, work };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

it('serves all who come while a run is under way by the one run after it', async () => {
  const flight = createSingleFlight<string>();
  const { ends, work } = controlled();
  const first = flight('a', work);
  const later = [flight('a', work), flight('a', work), flight('a', work)];
  expect(ends).toHaveLength(1);
  ends[0]('old');
  expect(await first).toBe('old');
  await settle();
  expect(ends).toHaveLength(2);
  const third = flight('a', work);
  ends[1]('new');
  expect(await Promise.all(later)).toEqual(['new', 'new', 'new']);
  await settle();
  ends[2]('newest');
  expect(await third).toBe('newest');
  expect(ends).toHaveLength(3);
});

it('runs different keys beside each other, and a key anew once it has ended', async () => {
  const flight = createSingleFlight<string>();
  const { ends, work } = controlled();
  const [a, b] = [flight('a', work), flight('b', work)];
  expect(ends).toHaveLength(2);
  ends[0]('A');
  ends[1]('B');
  expect(await Promise.all([a, b])).toEqual(['A', 'B']);
  await settle();
  const again = flight('a', work);
  ends[2]('A2');
  expect(await again).toBe('A2');
});

it('starts the next run also after a failed one', async () => {
  const flight = createSingleFlight<string>();
  const { ends, fails, work } = controlled();
  const first = flight('a', work);
  const second = flight('a', work);
  fails[0](new Error('away'));
  await expect(first).rejects.toThrow('away');
  await settle();
  ends[1]('back');
  expect(await second).toBe('back');
});
