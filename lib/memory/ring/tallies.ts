import { type Aggregate, type InnerAggregate, type OuterAggregate, stagesOf } from '../../model/aggregates';
import { Ends, isEnd } from './ends';
import { GrowthTally, isGrown } from './growth';
import { OverSeries } from './over-series';
import { Pooled } from './pooled';
import { isSummarised, Summary } from './summary';
import type { ReadSlot, Tally } from './tally';
import { isOfValues } from './values';

/** All that has to be gathered for some aggregates, each thing once. */
export interface Tallies {
  all: Tally[];
  /** Of each aggregate, in their order. */
  readers: ReadSlot[];
  /** Whether any keeps all values of a slot. */
  keepValues: boolean;
}

export function talliesOf(aggregates: readonly Aggregate[]): Tallies {
  const stages = aggregates.map(stagesOf);
  const pooled = stages.flatMap(({ outer, inner }) => (outer === null ? inner : []));
  const ofValues = pooled.filter(isOfValues);
  const inners = new Map<InnerAggregate, OuterAggregate[]>();
  for (const { outer, inner } of stages)
    if (outer !== null) inners.set(inner, [...(inners.get(inner) ?? []), outer]);

  const summary = pooled.some(isSummarised) ? new Summary() : null;
  const ends = pooled.some(isEnd) ? new Ends() : null;
  const growth = pooled.some(isGrown) ? new GrowthTally(pooled) : null;
  const values = ofValues.length > 0 ? new Pooled(ofValues) : null;
  const overSeries = new Map([...inners].map(([inner, outers]) => [inner, new OverSeries(inner, outers)]));
  return {
    all: [summary, ends, growth, values, ...overSeries.values()].filter((tally) => tally !== null),
    readers: stages.map(({ outer, inner }) => {
      if (outer !== null) return overSeries.get(inner)!.reader(outer);
      if (isSummarised(inner)) return summary!.reader(inner);
      if (isEnd(inner)) return ends!.reader(inner);
      return isGrown(inner) ? growth!.reader(inner) : values!.reader(inner);
    }),
    keepValues: values !== null || [...inners.values()].flat().some(isOfValues),
  };
}
