import fc from 'fast-check';
import { expect, it } from 'vitest';
import { COUNTER_GAP_MS } from '../../model/samples';
import type { Series } from '../../model/series';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import { Registry } from '../catalogue/registry';
import type { PredecessorRequest } from './missing-predecessors';
import { Ring } from './ring';

const METRIC = 1;
const SERIES = 3;
const START = 100 * DAY;
const WINDOW_MS = 10 * MINUTE;

/** What the database holds, and the ring of one of the processes that write to it. */
class World {
  readonly series: Series[];
  readonly stored: Array<Map<number, number>> = Array.from({ length: SERIES }, () => new Map());
  ring: Ring;
  now = START;
  /** Questions to the database on their way, with what it had when it was asked. */
  asked: Array<{ missing: PredecessorRequest; found: ReturnType<World['lastBefore']> }> = [];

  constructor(readonly shared: boolean) {
    const registry = new Registry();
    this.series = this.stored.map((_, i) =>
      registry.add({
        ...{ id: i + 1, metricId: METRIC, metric: 'm', labels: { i: `${i}` } },
        // The last one is new to everybody.
        ...{ type: 'counter', unit: '', lastSeen: 0, isNew: i === SERIES - 1 },
      }),
    );
    this.ring = this.newRing();
  }

  newRing(): Ring {
    const options = { windowMs: WINDOW_MS, maxBytes: 1e9, startedAt: this.now, shared: this.shared };
    return new Ring(options);
  }

  write(series: number, timestamp: number, isReceived: boolean): void {
    if (this.stored[series].has(timestamp)) return;
    this.stored[series].set(timestamp, timestamp % 1_000);
    if (isReceived) this.receive(series, timestamp);
  }

  receive(series: number, timestamp: number): void {
    this.ring.add({
      series: [this.series[series]],
      timestamps: [timestamp],
      values: [this.stored[series].get(timestamp)!],
    });
  }

  /** Reads what is stored from a moment on, as the filling of a ring does: without what is too old for it. */
  async read(from: number): Promise<void> {
    for (const [i, samples] of this.stored.entries())
      for (const timestamp of samples.keys())
        if (timestamp >= from && this.ring.keeps(timestamp)) this.receive(i, timestamp);
  }

  ask(): void {
    const missing = this.ring.missingPredecessors(METRIC, 10);
    if (missing) this.asked.push({ missing, found: this.lastBefore(missing) });
  }

  answer(): void {
    for (const { missing, found } of this.asked.splice(0)) this.ring.addPredecessors(missing, found);
  }

  expectTruth(): void {
    const from = this.ring.predecessorsSince(METRIC);
    expect(from).toBeGreaterThanOrEqual(this.ring.coveredSince(METRIC));
    for (const [i, samples] of this.stored.entries()) {
      const all = [...samples.keys()].sort((a, b) => a - b);
      const buffer = this.ring.samples(this.series[i].id);
      for (const [at, timestamp] of all.entries()) {
        if (timestamp < from) continue;
        const place = buffer!.lowerBound(timestamp);
        expect(buffer!.timestampAt(place)).toBe(timestamp);
        const before = place > buffer!.start ? buffer!.timestampAt(place - 1) : Number.NEGATIVE_INFINITY;
        const truth = all[at - 1] ?? Number.NEGATIVE_INFINITY;
        if (timestamp - Math.max(before, truth) <= COUNTER_GAP_MS) expect(before).toBe(truth);
      }
      for (const timestamp of all) {
        const next = all.find((other) => other > timestamp) ?? Number.POSITIVE_INFINITY;
        const successor = this.ring.successorOf(this.series[i].id, timestamp);
        if (successor.isCertain && from !== Number.POSITIVE_INFINITY) expect(successor.timestamp).toBe(next);
        else if (from !== Number.POSITIVE_INFINITY) expect(successor.timestamp).toBeGreaterThanOrEqual(next);
      }
    }
  }

  private lastBefore({ seriesIds, before }: PredecessorRequest) {
    const found = { seriesIds: [] as number[], timestamps: [] as number[], values: [] as number[] };
    for (const id of seriesIds) {
      const older = [...this.stored[id - 1].keys()].filter(
        (t) => t < before && t >= before - COUNTER_GAP_MS - DAY,
      );
      if (older.length === 0) continue;
      const last = Math.max(...older);
      found.seriesIds.push(id);
      found.timestamps.push(last);
      found.values.push(this.stored[id - 1].get(last)!);
    }
    return found;
  }
}

const age = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 * MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 * WINDOW_MS }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * DAY }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20 * DAY }) },
);
const pause = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 2 * MINUTE }) },
  { weight: 2, arbitrary: fc.constantFrom(WINDOW_MS, HOUR) },
  { weight: 1, arbitrary: fc.constantFrom(5 * DAY, 15 * DAY) },
);
const write = fc.record({ do: fc.constant('write' as const), series: fc.nat({ max: SERIES - 1 }), age });
const others = [
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: pause }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom({ do: 'ask' as const }, { do: 'answer' as const }, { do: 'evict' as const }),
  },
];

it('alone, knows of every sample since the moment it names what came before it, whatever happened', async () => {
  const anyAction = fc.oneof({ weight: 8, arbitrary: write }, ...others, {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), refills: fc.boolean() }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyAction, { maxLength: 80 }), async (actions) => {
      const world = new World(false);
      for (const action of actions) {
        if (action.do === 'write') {
          // A series that is new has no past: it is first written to by this process.
          world.write(action.series, world.now - action.age, true);
        } else if (action.do === 'wait') {
          world.now += action.ms;
        } else if (action.do === 'restart') {
          world.asked = [];
          world.now++;
          world.ring = world.newRing();
          const from = world.now - WINDOW_MS;
          if (action.refills) await world.ring.refill(from, pagesOf(world, from));
        } else if (action.do === 'evict') {
          world.ring.evict(world.now);
        } else world[action.do]();
        world.expectTruth();
      }
      // With the database there, nothing is unknown for long.
      for (let i = 0; i < 3; i++) {
        world.answer();
        world.ask();
      }
      world.answer();
      expect(world.ring.predecessorsSince(METRIC)).toBeLessThanOrEqual(world.ring.coveredFrom + 30_001);
      world.expectTruth();
      // Nothing is kept for ever, and no byte is counted wrongly.
      for (let i = 0; i < 10; i++) world.ring.evict(world.now + 40 * DAY);
      expect(world.ring.bytes).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});

it('among others, knows it of what it receives, and nothing of what it may have missed', async () => {
  const anyAction = fc.oneof(
    { weight: 8, arbitrary: write },
    ...others,
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('markComplete' as const), back: fc.nat(2 * WINDOW_MS) }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'markIncomplete' as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyAction, { maxLength: 80 }), async (actions) => {
      const world = new World(true);
      const { metric } = world.series[0];
      let claimed: number | null = null;
      let turn = 0;
      for (const action of actions) {
        if (action.do === 'write') {
          // Every other sample is written by another node, which is received only while the metric is complete.
          world.write(action.series, world.now - action.age, claimed !== null || turn++ % 2 === 0);
        } else if (action.do === 'wait') {
          world.now += action.ms;
        } else if (action.do === 'markComplete') {
          const from = Math.min(claimed ?? Number.POSITIVE_INFINITY, world.now - action.back);
          await world.read(from);
          world.ring.markComplete(metric, from);
          claimed = from;
        } else if (action.do === 'markIncomplete') {
          world.ring.markIncomplete(metric);
          claimed = null;
        } else if (action.do === 'evict') {
          world.ring.evict(world.now);
        } else world[action.do]();
        world.expectTruth();
      }
    }),
    { numRuns: 1_000 },
  );
});

async function* pagesOf({ series, stored }: World, from: number) {
  for (const [i, samples] of stored.entries()) {
    const timestamps = [...samples.keys()].filter((t) => t >= from).sort((a, b) => a - b);
    if (timestamps.length > 0)
      yield {
        series: timestamps.map(() => series[i]),
        timestamps,
        values: timestamps.map((t) => samples.get(t)!),
      };
  }
}

it('trusts nothing that it knew before it may have missed something', async () => {
  const claimed = async (world: World) => {
    await world.read(world.now);
    world.ring.markComplete(world.series[0].metric, world.now);
  };
  const missed = (world: World, series: number, age: number) => {
    world.ring.markIncomplete(world.series[0].metric);
    world.now += 2 * MINUTE;
    world.write(series, world.now - age, false);
    world.now += MINUTE;
  };
  const world = new World(true);
  await claimed(world);
  // Of the first series it knows what comes before, the second has fallen silent.
  for (const [series, waitMs] of [
    [0, MINUTE],
    [1, WINDOW_MS + HOUR],
  ]) {
    world.write(series, world.now - DAY, false);
    world.now += MINUTE;
    world.write(series, world.now, true);
    world.ask();
    world.answer();
    expect(world.ring.predecessorsSince(METRIC)).toBe(world.ring.coveredSince(METRIC));
    world.now += waitMs;
    for (let i = 0; i < 30; i++) world.ring.evict(world.now);
    missed(world, series, MINUTE);
    await claimed(world);
    world.now += MINUTE;
    world.write(series, world.now, true);
    world.expectTruth();
    expect(world.ring.predecessorsSince(METRIC)).toBe(world.now + 1);

    // An answer that comes after something else has been missed is of no use.
    world.ask();
    missed(world, series, 3 * MINUTE);
    missed(world, series, 0);
    await claimed(world);
    world.now += MINUTE;
    world.write(series, world.now, true);
    world.answer();
    world.expectTruth();
    world.ask();
    world.answer();
    world.expectTruth();
    expect(world.ring.predecessorsSince(METRIC)).toBe(world.ring.coveredSince(METRIC));
  }
});

it('claims nothing of what was too old for it when it was read', async () => {
  const world = new World(true);
  const { metric } = world.series[0];
  world.ring.markComplete(metric, START);
  world.write(0, START + 1_000, true);
  world.now += 11 * MINUTE;
  world.write(0, world.now, true);
  // Of what is before the window only the first sample is here now.
  world.ring.evict(world.now);
  world.ring.markIncomplete(metric);
  world.write(0, START + 30_000, false);

  await world.read(START);
  world.ring.markComplete(metric, START);
  world.expectTruth();
  expect(world.ring.missingPredecessors(METRIC, 1)).not.toBeNull();
});
