import { expect, it } from 'vitest';
import { ManualClock } from '@/test/support/manual-clock';
import { Beat } from './beat';

it('beats once a second for all who need it, and has no timer while nobody does', async () => {
  const clock = new ManualClock(0);
  const beat = new Beat(clock);
  expect(clock.pending).toBe(0);
  const calls: string[] = [];
  const stopA = beat.listen((now) => calls.push(`a ${now}`));
  await clock.advance(1_500);
  const stopB = beat.listen((now) => calls.push(`b ${now}`));
  await clock.advance(1_000);
  stopA();
  stopA();
  await clock.advance(1_000);
  expect(calls).toEqual(['a 1000', 'a 2000', 'b 2000', 'b 3000']);
  stopB();
  expect(clock.pending).toBe(0);
});

it('goes on with one timer when a listener is removed and added again during a beat', async () => {
  const clock = new ManualClock(0);
  const beat = new Beat(clock);
  let beats = 0;
  const again = () => {
    stop();
    beats++;
    stop = beat.listen(again);
  };
  let stop = beat.listen(again);
  await clock.advance(3_000);
  expect(clock.pending).toBe(1);
  expect(beats).toBe(3);
  beat.close();
  expect(clock.pending).toBe(0);
});
