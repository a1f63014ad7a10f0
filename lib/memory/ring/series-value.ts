import type { InnerAggregate } from '../../model/aggregates';
import { Growth, type GrowthAggregate, isGrowthAggregate } from './growth';
import type { SampleBuffer } from './sample-buffer';
import { sumOf } from './sums';
import { type AllValuesAggregate, Values } from './values';

/** The inner aggregate of the samples `[from, to)` of one series; null: it has no value. */
export type SeriesValue = (buffer: SampleBuffer, from: number, to: number) => number | null;

export function seriesValue(inner: InnerAggregate): SeriesValue {
  switch (inner) {
    case 'avg':
      return ({ data }, from, to) => sumOf(data, from, to).over(to - from);
    case 'sum':
      return ({ data }, from, to) => sumOf(data, from, to).total();
    case 'min':
      return ({ data }, from, to) => extreme(data, from, to, Math.min);
    case 'max':
      return ({ data }, from, to) => extreme(data, from, to, Math.max);
    case 'count':
      return (_, from, to) => to - from;
    case 'last':
      return ({ data }, _, to) => data[2 * to - 1];
    case 'first':
      return ({ data }, from) => data[2 * from + 1];
    default:
      return isGrowthAggregate(inner) ? growthOf(inner) : ofAllValues(inner);
  }
}

function extreme(data: Float64Array, from: number, to: number, choose: typeof Math.min): number {
  let found = data[2 * from + 1];
  for (let i = from + 1; i < to; i++) found = choose(found, data[2 * i + 1]);
  return found;
}

function growthOf(name: GrowthAggregate): SeriesValue {
  const growth = new Growth(name === 'delta');
  return (buffer, from, to) => {
    growth.measure(buffer, from, to);
    return growth.elapsedMs === 0 ? null : growth[name];
  };
}

function ofAllValues(aggregate: AllValuesAggregate): SeriesValue {
  const values = new Values([aggregate]);
  const read = values.reader(aggregate);
  return ({ data }, from, to) => {
    values.begin(1);
    values.addRun(0, data, from, to);
    for (const _ of values.finish(1)) {
      // The values of one series are few: no pause.
    }
    return read(0);
  };
}
