import { chance } from '@/scripts/simulate/random';
import type { TestSample } from '../support/node';
import type { PlainSeries } from './plain';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How a series reports, and what: each is a way in which arithmetic has gone wrong somewhere. */
interface Habit {
  everyMs: number;
  /** Share of the interval by which a sample may be off. */
  jitter: number;
  /** How far back it goes. */
  pastMs: number;
  value(before: number, next: () => number): number;
}

const gauge = (_: number, next: () => number) => Math.round(next() * 100_000) / 1_000;
const restartingCounter = (before: number, next: () => number) =>
  next() < 0.05 ? next() * 3 : before + next() * 50;
const wholeCounter = (before: number, next: () => number) =>
  next() < 0.02 ? 0 : before + Math.floor(next() * 1_000);
const anyFloat = (_: number, next: () => number) => {
  const kinds = [
    () => Number.MAX_VALUE,
    () => -Number.MAX_VALUE,
    () => 5e-324,
    () => 0,
    () => -0,
    () => (next() - 0.5) * 10 ** (next() * 600 - 300),
    () => (next() - 0.5) * 10 ** (298 + next() * 10),
    () => next() * 10 ** -(300 + next() * 20),
  ];
  return kinds[Math.floor(next() * kinds.length)]();
};

const HABITS: readonly Habit[] = [
  { everyMs: SECOND, jitter: 0, pastMs: 25 * MINUTE, value: gauge },
  { everyMs: 10 * SECOND, jitter: 0.5, pastMs: 3 * HOUR, value: gauge },
  { everyMs: 10 * SECOND, jitter: 0.1, pastMs: 2 * HOUR, value: restartingCounter },
  { everyMs: 5 * MINUTE, jitter: 0.3, pastMs: 2 * DAY, value: wholeCounter },
  { everyMs: 10 * MINUTE, jitter: 0.1, pastMs: 3 * DAY, value: wholeCounter },
  { everyMs: HOUR, jitter: 0.4, pastMs: 10 * DAY, value: restartingCounter },
  { everyMs: DAY, jitter: 0.2, pastMs: 60 * DAY, value: wholeCounter },
  { everyMs: 13 * DAY, jitter: 0.3, pastMs: 90 * DAY, value: wholeCounter },
  { everyMs: 90 * SECOND, jitter: 0.9, pastMs: 5 * HOUR, value: anyFloat },
];

export interface World {
  /** What is sent, in the order it is sent: out of order in time, some of it twice. */
  samples: TestSample[];
  /** What is then true, by host. */
  series: ReadonlyMap<string, PlainSeries>;
}

/** Some series of one metric, ending at `now`; the same seed makes the same world. */
export function makeWorld(metric: string, seed: number, now: number): World {
  const next = dice(seed);
  const series = new Map<string, PlainSeries>();
  // Absurd values among ordinary ones would hide every difference: they have worlds of their own.
  const habits = HABITS.filter(({ value }) => (value === anyFloat) === (seed % 3 === 0) || value === gauge);
  for (let i = 0; i < 5; i++)
    series.set(`host-${i}`, makeSeries(habits[Math.floor(next() * habits.length)], now, next));
  const samples = [...series].flatMap(([host, pairs]) =>
    pairs.map(([timestamp, value]) => ({ name: metric, labels: labelsOf(host), timestamp, value })),
  );
  return { samples: shuffled(samples, next), series };
}

export function labelsOf(host: string): Record<string, string> {
  return { host, zone: Number(host.at(-1)) % 2 === 0 ? 'even' : 'odd' };
}

/** Numbers in [0, 1), one after the other. */
export function dice(seed: number): () => number {
  let throws = 0;
  return () => chance(seed, throws++);
}

function makeSeries({ everyMs, jitter, pastMs, value }: Habit, now: number, next: () => number): PlainSeries {
  const pairs = new Map<number, number>();
  let before = value(0, next);
  let t = now - pastMs * (0.5 + next() / 2);
  while (t < now) {
    before = value(before, next);
    pairs.set(Math.floor(t), before);
    const pause = next() < 0.03 ? next() * 20 : 1;
    t += everyMs * pause * (1 + jitter * (2 * next() - 1));
  }
  return [...pairs];
}

/** Nearly in the order of time, with stretches that come late, and doubles. */
function shuffled(samples: TestSample[], next: () => number): TestSample[] {
  const due = samples.map((sample) => ({
    sample,
    at: sample.timestamp + (next() < 0.1 ? next() * 2 * DAY : next() * 5 * SECOND),
  }));
  const again = due.filter(() => next() < 0.02).map(({ sample, at }) => ({ sample, at: at + next() * HOUR }));
  return [...due, ...again].sort((a, b) => a.at - b.at).map(({ sample }) => sample);
}
