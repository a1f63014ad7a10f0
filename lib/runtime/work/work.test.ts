import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settle } from '@/test/support/manual-clock';
import { createScheduler, newWork } from '@/test/support/scheduler';
import { SLICE_MS, Turns } from './turns';
import { MAX_REQUEST_POINTS, Refusal, Work, type WorkOptions } from './work';

/** An event loop of its own, and a clock that only work moves. */
function manualLoop() {
  let time = 0;
  let waiting: Array<() => void> = [];
  const turns = new Turns({ clock: () => time, cpu: () => time, defer: (run) => waiting.push(run) });
  return {
    scheduler: createScheduler({ turns }),
    take(ms: number) {
      time += ms;
    },
    /** One turn of the loop. */
    async turn() {
      const due = waiting;
      waiting = [];
      for (const run of due) run();
      for (let i = 0; i < 20; i++) await null;
    },
    get isIdle() {
      return waiting.length === 0;
    },
    async untilIdle() {
      let turns = 0;
      for (; waiting.length > 0; turns++) await this.turn();
      return turns;
    },
  };
}

let loop: ReturnType<typeof manualLoop>;
const begin = (options?: WorkOptions) => new Work(loop.scheduler, options);

beforeEach(() => {
  loop = manualLoop();
});

/** Pieces of so many ms, each noted when it is done. */
function pieces(work: Work, count: number, ms: number, done: (i: number) => void) {
  return work.run(async () => {
    for (let i = 0; i < count; i++) {
      if (work.isDue('group')) await work.pause();
      loop.take(ms);
      done(i);
    }
  });
}

describe('work', () => {
  it('goes on without a pause while its slice lasts', async () => {
    let done = 0;
    await pieces(begin(), 5, SLICE_MS / 5 - 0.1, () => done++);
    expect(done).toBe(5);
  });

  it('never takes more than a slice and a piece in one turn, however many there are', async () => {
    const work = Array.from({ length: 30 }, () => begin());
    let inThisTurn = 0;
    const perTurn: number[] = [];
    const all = Promise.all(work.map((each) => pieces(each, 12, 2, () => inThisTurn++)));
    while (!loop.isIdle) {
      perTurn.push(inThisTurn);
      inThisTurn = 0;
      await loop.turn();
    }
    await all;
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(SLICE_MS / 2);
    expect(perTurn.length).toBeGreaterThan(60);
  });

  it('is not charged for time in which it waits', async () => {
    const work = begin();
    await work.run(async () => {
      work.isDue('group');
      loop.take(3);
      work.isDue('group');
      await loop.turn();
      // The database answers.
      loop.take(7_000);
      work.isDue('group');
      loop.take(4);
      work.isDue('group');
    });
    expect(work.spent).toBe(7);
  });

  it('is not charged for time in which others have the processor, once it has had a tenth of a second', async () => {
    let now = 0;
    const turns = new Turns({ clock: () => now, cpu: () => 0 });
    const work = newWork({ budgetMs: 1_000 }, { turns });
    await work.run(async () => {
      for (let i = 0; i < 25; i++) {
        if (work.isDue('group')) await work.pause();
        now += 12;
      }
    });
    // Beyond that, only the last piece is.
    expect(work.spent).toBeLessThan(125);
  });

  it('lets who has had little go before those who have had much', async () => {
    const order: string[] = [];
    const heavy = Array.from({ length: 5 }, (_, i) => pieces(begin(), 40, 8, () => order.push(`heavy ${i}`)));
    for (let i = 0; i < 100; i++) await loop.turn();
    order.length = 0;
    const light = pieces(begin(), 4, 8, () => order.push('light'));
    await loop.untilIdle();
    await Promise.all([light, ...heavy]);
    expect(order.lastIndexOf('light')).toBeLessThan(12);
  });

  it('is refused when its budget is spent, by all its questions together', async () => {
    const work = begin({ budgetMs: 100 });
    const results = Promise.allSettled([1, 2, 3].map(() => pieces(work, 10, 8, () => {})));
    await loop.untilIdle();
    const refused = (await results).map((result) => result.status === 'rejected' && result.reason.code);
    expect(refused).toEqual(['too_expensive', 'too_expensive', 'too_expensive']);
    expect(work.spent).toBeLessThan(130);
  });

  it('counts regular expressions and points of all questions together', async () => {
    const work = begin({ matchBudgetMs: 10 });
    const answer = { verdicts: [true], groups: [], ms: 6 };
    const asked = vi.spyOn(loop.scheduler.expressions, 'match').mockResolvedValue(answer);
    expect(await work.match('a', ['a'])).toBe(answer);
    for (let i = 0; i < 2; i++)
      await expect(work.match('a', ['a'])).rejects.toThrow(/expression is too slow/);
    expect(asked).toHaveBeenCalledTimes(2);
    work.addPoints(MAX_REQUEST_POINTS);
    expect(() => work.addPoints(1)).toThrow(/points/);
  });

  it('ends when its client has gone', async () => {
    const client = new AbortController();
    const work = begin({ signal: client.signal });
    let done = 0;
    const result = pieces(work, 1_000, 8, () => done++).catch((error) => error);
    await loop.turn();
    client.abort();
    await loop.untilIdle();
    expect(await result).toMatchObject({ code: 'client_closed', work });
    expect(done).toBeLessThan(5);
  });

  it('is held back while as much heavy work is done as may be at a time', async () => {
    const line = loop.scheduler.heavyLine;
    const others = Array.from({ length: 8 }, () => ({ expectedPoints: 0 }));
    for (const other of others) expect(await line.enter(other)).toBe(true);
    let done = 0;
    const result = pieces(begin(), 40, 8, () => done++);
    await loop.untilIdle();
    expect(done).toBeLessThan(20);
    line.leave(others[3]);
    await settle();
    await loop.untilIdle();
    await result;
    expect(done).toBe(40);
  });

  it('is heavy when it may hold very many points, and is refused when too many wait', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const all = Array.from({ length: 120 }, () => {
      const work = begin();
      return work.run(async () => {
        await work.expectPoints(1_000_000);
        await answered;
      });
    });
    const results = Promise.allSettled(all);
    await settle();
    answer();
    const refused = (await results).filter((result) => result.status === 'rejected');
    // Six million points may be held, and a hundred wait.
    expect(refused).toHaveLength(120 - 6 - 100);
    expect(refused[0].reason).toBeInstanceOf(Refusal);
    expect(refused[0].reason).toMatchObject({
      code: 'too_busy',
      status: 503,
      retryAfterMs: expect.any(Number),
    });
  });

  it('finishes what came first before it begins what came later, while both are light', async () => {
    const order: number[] = [];
    const all = [0, 1, 2].map((i) => pieces(begin(), 8, 8, () => order.push(i)));
    await loop.untilIdle();
    await Promise.all(all);
    expect(order.indexOf(1)).toBeGreaterThan(order.lastIndexOf(0) - 2);
    expect(order.slice(-8)).toEqual(Array(8).fill(2));
  });
});
