import type { InnerAggregate } from '../../model/aggregates';
import { isTame, Sum, saturated } from '../../model/arithmetic';
import { COUNTER_GAP_MS } from '../../model/samples';
import { SECOND } from '../../model/time/duration';
import type { Accumulator, ReadSlot } from './accumulator';
import type { SampleBuffer } from './sample-buffer';
import { cleared, Sums } from './sums';

const GROWTH_AGGREGATES = ['rate', 'increase', 'delta'] as const satisfies readonly InnerAggregate[];
export type GrowthAggregate = (typeof GROWTH_AGGREGATES)[number];

export function isGrowthAggregate(name: InnerAggregate): name is GrowthAggregate {
  return (GROWTH_AGGREGATES as readonly InnerAggregate[]).includes(name);
}

/**
 * The growth of a series over a run of samples, each compared with its predecessor. Reused: read it before the next
 * run.
 */
export class Growth {
  increase = 0;
  /** Only where the constructor asks for it. */
  delta = 0;
  /** The time between these samples and their predecessors; 0: no sample has one. */
  elapsedMs = 0;
  /** The same sums where they may exceed float64. */
  huge: { increase: Sum; delta: Sum } | null = null;

  constructor(private readonly needsDelta = false) {}

  measure({ data, start }: SampleBuffer, from: number, to: number): void {
    const second = Math.max(from, start + 1);
    let increase = 0;
    let elapsedMs = 0;
    let lowest = 0;
    for (let i = second; i < to; i++) {
      const gapMs = data[2 * i] - data[2 * i - 2];
      if (gapMs > COUNTER_GAP_MS) continue;
      const value = data[2 * i + 1];
      const before = data[2 * i - 1];
      increase += value >= before ? value - before : value;
      elapsedMs += gapMs;
      if (value < lowest) lowest = value;
    }
    this.increase = increase;
    this.elapsedMs = elapsedMs;
    this.huge = null;
    const isDeltaTame = !this.needsDelta || this.measureDelta(data, second, to);
    // Only a reset below zero lowers an increase: without a huge one, no intermediate sum is larger than the last.
    if (!isTame(increase) || !isTame(lowest) || !isDeltaTame) this.measureHuge(data, second, to);
  }

  /** Per second. */
  get rate(): number {
    const { huge, seconds } = this;
    return huge ? huge.increase.over(seconds) : saturated(this.increase / seconds);
  }

  get seconds(): number {
    return this.elapsedMs / SECOND;
  }

  /** @returns whether no intermediate sum was too large. */
  private measureDelta(data: Float64Array, second: number, to: number): boolean {
    let delta = 0;
    let way = 0;
    for (let i = second; i < to; i++) {
      if (data[2 * i] - data[2 * i - 2] > COUNTER_GAP_MS) continue;
      const difference = data[2 * i + 1] - data[2 * i - 1];
      delta += difference;
      way += Math.abs(difference);
    }
    this.delta = delta;
    return isTame(way);
  }

  private measureHuge(data: Float64Array, second: number, to: number): void {
    const increase = new Sum();
    const delta = new Sum();
    for (let i = second; i < to; i++) {
      if (data[2 * i] - data[2 * i - 2] > COUNTER_GAP_MS) continue;
      const value = data[2 * i + 1];
      const before = data[2 * i - 1];
      increase.addDifference(value, value >= before ? before : 0);
      delta.addDifference(value, before);
    }
    this.increase = increase.total();
    this.delta = delta.total();
    this.huge = { increase, delta };
  }
}

/** The growth of all series of a slot together. */
export class GrowthAccumulator implements Accumulator {
  private readonly growth: Growth;
  private readonly needsRate: boolean;
  private readonly needsIncrease: boolean;
  private readonly needsDelta: boolean;
  private readonly sums: Record<GrowthAggregate, Sums> = {
    rate: new Sums(),
    increase: new Sums(),
    delta: new Sums(),
  };
  /** Series that have growth. */
  private count = new Float64Array(0);

  constructor(aggregates: readonly InnerAggregate[]) {
    this.needsRate = aggregates.includes('rate');
    this.needsIncrease = aggregates.includes('increase');
    this.needsDelta = aggregates.includes('delta');
    this.growth = new Growth(this.needsDelta);
  }

  reader(name: GrowthAggregate): ReadSlot {
    const sums = this.sums[name];
    return (slot) => (this.count[slot] === 0 ? null : sums.total(slot));
  }

  begin(width: number): void {
    this.sums.rate.begin(width);
    this.sums.increase.begin(width);
    this.sums.delta.begin(width);
    this.count = cleared(this.count, width);
  }

  readonly take = (slot: number, buffer: SampleBuffer, from: number, to: number): void => {
    const { growth, sums } = this;
    growth.measure(buffer, from, to);
    if (growth.elapsedMs === 0) return;
    this.count[slot]++;
    const { huge, seconds } = growth;
    if (huge) {
      sums.rate.addRatio(slot, huge.increase, seconds);
      sums.increase.addRatio(slot, huge.increase, 1);
      sums.delta.addRatio(slot, huge.delta, 1);
      return;
    }
    // Over less than a second a rate may be huge where the increase is not.
    if (this.needsRate) sums.rate.add(slot, growth.rate);
    if (this.needsIncrease) sums.increase.addTame(slot, growth.increase);
    if (this.needsDelta) sums.delta.addTame(slot, growth.delta);
  };
}
