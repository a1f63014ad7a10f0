import { type Aggregate, type InnerAggregate, type OuterAggregate, stagesOf } from '../../model/aggregates';
import type { Accumulator, ReadSlot } from './accumulator';
import { FirstAndLast, isFirstOrLast } from './first-and-last';
import { GrowthAccumulator, isGrowthAggregate } from './growth';
import { OverSeries } from './over-series';
import { PooledValues } from './pooled-values';
import { isSummaryAggregate, Summary } from './summary';
import { needsAllValues } from './values';

/** The accumulators for a list of aggregates; aggregates share them where they can. */
export interface Accumulators {
  all: Accumulator[];
  /** Reads the value of each aggregate, in their order. */
  readers: ReadSlot[];
  /** Whether one of them keeps all values of a slot. */
  keepValues: boolean;
}

export function createAccumulators(aggregates: readonly Aggregate[]): Accumulators {
  const stages = aggregates.map(stagesOf);
  const pooled = stages.flatMap(({ outer, inner }) => (outer === null ? inner : []));
  const needingAll = pooled.filter(needsAllValues);
  const inners = new Map<InnerAggregate, OuterAggregate[]>();
  for (const { outer, inner } of stages)
    if (outer !== null) inners.set(inner, [...(inners.get(inner) ?? []), outer]);

  const summary = pooled.some(isSummaryAggregate) ? new Summary() : null;
  const firstAndLast = pooled.some(isFirstOrLast) ? new FirstAndLast() : null;
  const growth = pooled.some(isGrowthAggregate) ? new GrowthAccumulator(pooled) : null;
  const values = needingAll.length > 0 ? new PooledValues(needingAll) : null;
  const overSeries = new Map([...inners].map(([inner, outers]) => [inner, new OverSeries(inner, outers)]));
  return {
    all: [summary, firstAndLast, growth, values, ...overSeries.values()].filter(
      (accumulator) => accumulator !== null,
    ),
    readers: stages.map(({ outer, inner }) => {
      if (outer !== null) return overSeries.get(inner)!.reader(outer);
      if (isSummaryAggregate(inner)) return summary!.reader(inner);
      if (isFirstOrLast(inner)) return firstAndLast!.reader(inner);
      return isGrowthAggregate(inner) ? growth!.reader(inner) : values!.reader(inner);
    }),
    keepValues: values !== null || [...inners.values()].flat().some(needsAllValues),
  };
}
