import { expect, it } from 'vitest';
import { ManualClock, settle } from '@/test/support/manual-clock';
import { PulseError } from '../model/errors';
import { Background } from './background';

/** Work that takes as long as the test lets it. */
function controlled() {
  const ends: Array<() => void> = [];
  const fails: Array<(error: Error) => void> = [];
  const workInBackground = () =>
    new Promise<void>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  return { ends, fails, workInBackground };
}

it('does one piece of work at a time, in the order asked for, each once', async () => {
  const clock = new ManualClock(0);
  const background = new Background(clock, 9);
  const [a, b] = [controlled(), controlled()];
  for (const worker of [a, b, a, a]) background.request(worker);
  await clock.advance(0);
  expect([a.ends.length, b.ends.length]).toEqual([1, 0]);
  a.ends[0]();
  await settle();
  // The rest is as long as the work really took, on a machine that may be busy.
  await clock.advance(60_000);
  expect([a.ends.length, b.ends.length]).toEqual([1, 1]);
  b.ends[0]();
  await settle();
  await clock.advance(60_000);
  expect([a.ends.length, b.ends.length, clock.pending]).toEqual([1, 1, 0]);
});

it('rests nine times as long as it worked', async () => {
  const clock = new ManualClock(0);
  const background = new Background(clock, 9);
  const worker = controlled();
  background.request(worker);
  await clock.advance(0);
  await new Promise((resolve) => setTimeout(resolve, 30));
  background.request(worker);
  worker.ends[0]();
  await settle();
  await clock.advance(200);
  expect(worker.ends).toHaveLength(1);
  await clock.advance(60_000);
  expect(worker.ends).toHaveLength(2);
});

it('rests ten seconds at most: what is late does not wait for long after work that did', async () => {
  const clock = new ManualClock(0);
  const background = new Background(clock, 1e9);
  const worker = controlled();
  background.request(worker);
  await clock.advance(0);
  background.request(worker);
  worker.ends[0]();
  await settle();
  await clock.advance(9_900);
  expect(worker.ends).toHaveLength(1);
  await clock.advance(200);
  expect(worker.ends).toHaveLength(2);
});

it('tries again what failed, and stops when it is closed', async () => {
  const clock = new ManualClock(0);
  const background = new Background(clock, 9);
  const worker = controlled();
  background.request(worker);
  await clock.advance(0);
  worker.fails[0](new PulseError('database_unavailable', 'away'));
  await settle();
  await clock.advance(5_000);
  expect(worker.ends).toHaveLength(2);
  background.close();
  worker.ends[1]();
  await settle();
  background.request(worker);
  await clock.advance(60_000);
  expect([worker.ends.length, clock.pending]).toEqual([2, 0]);
});
