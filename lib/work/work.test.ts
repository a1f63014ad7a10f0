import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPulseError } from '../errors';
import { forget } from '../once';
import { SLICE_MS, Turns } from './turns';
import { MAX_REQUEST_POINTS, Refusal, Work, type WorkOptions } from './work';

/** An event loop of its own, and a clock that only work moves. */
function manualLoop() {
  let time = 0;
  let waiting: Array<() => void> = [];
  const turns = new Turns({ clock: () => time, cpu: () => time, defer: (run) => waiting.push(run) });
  return {
    turns,
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
const begin = (options: WorkOptions = {}) => new Work({ turns: loop.turns, ...options });

beforeEach(() => {
  loop = manualLoop();
});
afterEach(() => forget('work.heavy'));

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

  it('is not charged for time in which others have the processor', async () => {
    const turns = new Turns({ clock: () => performance.now(), cpu: () => 0 });
    const work = new Work({ turns, budgetMs: 1_000 });
    await work.run(async () => {
      for (let i = 0; i < 3; i++) {
        if (work.isDue('group')) await work.pause();
        const until = performance.now() + 12;
        while (performance.now() < until);
      }
    });
    expect(work.spent).toBe(0);
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

  it('counts regular expressions and points of all questions together', () => {
    const work = begin({ matchBudgetMs: 10 });
    work.addMatching(6);
    expect(() => work.addMatching(6)).toThrow(/expression is too slow/);
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

  it('refuses heavy work beyond what may be done at a time, and takes it again when some is done', async () => {
    const heavy = Array.from({ length: 10 }, () => pieces(begin(), 40, 8, () => {}).catch((error) => error));
    await loop.untilIdle();
    const refused = (await Promise.all(heavy)).filter(isPulseError);
    expect(refused.map(({ code }) => code)).toEqual(['too_busy', 'too_busy']);
    expect(refused[0]).toBeInstanceOf(Refusal);
    expect(refused[0].retryAfterMs).toBeGreaterThan(0);
    const later = pieces(begin(), 40, 8, () => {});
    await loop.untilIdle();
    await later;
  });
});
