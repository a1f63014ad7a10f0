import { describe, expect, it } from 'vitest';
import { ManualClock } from '@/test/support/manual-clock';
import { createScheduler } from '@/test/support/scheduler';
import { Turns } from '../runtime/work/turns';
import { type Paced, Pacer } from './pacer';

const START = 1_000_000;

function setUp() {
  const clock = new ManualClock(START);
  const pacer = new Pacer(clock, createScheduler({ turns: new Turns({ clock: clock.now, cpu: clock.now }) }));
  const make = (tickMs: number, writtenAt = Number.NEGATIVE_INFINITY) => {
    const turns: number[] = [];
    const paced: Paced & { turns: number[]; writtenAt: number } = {
      tickMs,
      writtenAt,
      turns,
      takeTurn({ now }) {
        turns.push(now - START);
        paced.writtenAt = now;
      },
    };
    return paced;
  };
  return { clock, pacer, make };
}

describe('Pacer', () => {
  it('lets a stream write at once after a tick of quiet', async () => {
    const { clock, pacer, make } = setUp();
    const [fresh, rested] = [make(1_000), make(1_000, START - 1_000)];
    pacer.schedule(fresh);
    pacer.schedule(rested);
    await clock.advance(0);
    expect([fresh.turns, rested.turns]).toEqual([[0], [0]]);
  });

  it('otherwise makes it wait until a tick after its last write', async () => {
    const { clock, pacer, make } = setUp();
    const stream = make(1_000, START - 300);
    pacer.schedule(stream);
    await clock.advance(699);
    expect(stream.turns).toEqual([]);
    await clock.advance(1);
    expect(stream.turns).toEqual([700]);
  });

  it('joins a turn that comes within a tenth of a tick, and no later one', async () => {
    const { clock, pacer, make } = setUp();
    const first = make(1_000, START - 300);
    const close = make(1_000, START - 350);
    const far = make(1_000, START - 500);
    for (const stream of [first, close, far]) pacer.schedule(stream);
    await clock.advance(2_000);
    expect([first.turns, close.turns, far.turns]).toEqual([[700], [700], [500]]);
  });

  it('falls into step: streams that start spread over a tick come to share their turns', async () => {
    const { clock, pacer, make } = setUp();
    const streams = Array.from({ length: 50 }, (_, i) => make(1_000, START - i * 20));
    const waiting = new Set<Paced>();
    for (const stream of streams) {
      const { takeTurn } = stream;
      stream.takeTurn = (round, work) => {
        waiting.delete(stream);
        return takeTurn(round, work);
      };
    }
    // Something changes for all of them twenty times a second.
    for (let change = 0; change < 600; change++) {
      for (const stream of streams) {
        if (!waiting.has(stream)) pacer.schedule(stream);
        waiting.add(stream);
      }
      await clock.advance(50);
    }
    const lastTurns = new Set(streams.map(({ turns }) => turns.at(-1)! % 1_000));
    expect(lastTurns.size).toBeLessThanOrEqual(10);
    for (const { turns } of streams) {
      for (let i = 1; i < turns.length; i++) expect(turns[i] - turns[i - 1]).toBeGreaterThanOrEqual(1_000);
    }
  });

  it('rests after turns that took long, and then lets all who waited go together', async () => {
    const { clock, pacer, make } = setUp();
    const [heavy, ...others] = [make(50), make(50), make(1_000, START - 960), make(50, START + 60)];
    const { takeTurn } = heavy;
    heavy.takeTurn = (round, work) => {
      takeTurn(round, work);
      clock.skip(40);
    };
    pacer.schedule(heavy);
    await clock.advance(0);
    // Until 40 + 3 * 40.
    for (const stream of others) pacer.schedule(stream);
    await clock.advance(119);
    expect(others.map(({ turns }) => turns)).toEqual([[], [], []]);
    await clock.advance(1_000);
    expect(others.map(({ turns }) => turns)).toEqual([[160], [160], [160]]);
  });

  it.each(['throws', 'rejects'])('goes on with the others after a turn that %s', async (how) => {
    const { clock, pacer, make } = setUp();
    const [broken, before, after] = [make(1_000), make(1_000), make(1_000)];
    broken.takeTurn = () => {
      if (how === 'rejects') return Promise.reject(new Error('no turn'));
      throw new Error('no turn');
    };
    for (const stream of [before, broken, after]) pacer.schedule(stream);
    await clock.advance(0);
    for (const stream of [before, broken, after]) pacer.schedule(stream);
    await clock.advance(1_000);
    expect([before.turns, after.turns]).toEqual([
      [0, 1_000],
      [0, 1_000],
    ]);
  });

  it('waits no longer than a tick when the clock was set back', async () => {
    const { clock, pacer, make } = setUp();
    const stream = make(1_000, START + 3_600_000);
    pacer.schedule(stream);
    await clock.advance(1_000);
    expect(stream.turns).toEqual([1_000]);
  });

  it('forgets who cancels, and everyone when it closes', async () => {
    const { clock, pacer, make } = setUp();
    const [stays, goes] = [make(1_000, START), make(1_000, START)];
    pacer.schedule(stays);
    const cancel = pacer.schedule(goes);
    cancel();
    cancel();
    await clock.advance(1_000);
    expect([stays.turns, goes.turns]).toEqual([[1_000], []]);
    pacer.schedule(stays);
    pacer.close();
    expect(clock.pending).toBe(0);
  });
});
