'use client';

import { useMemo, useRef } from 'react';
import type { Labels } from '@/lib/model/labels';
import { labelsKey } from '@/lib/model/labels';
import { type GroupPoints, isWhole, type Point } from '@/lib/model/points';
import { type ChartSeries, lookOf } from '../charts/series';
import type { QuerySnapshot } from '../live/query-store';
import { seriesName } from './series-names';

/** With more lines than this, bands are not drawn: they would overlap. */
const BANDS_UP_TO = 3;
/** These are drawn as one line with a band; other aggregates of one query are a line each. */
const BANDED = ['avg,min,max', 'avg(avg),min,max'];

/**
 * The groups as lines, with a gap where a value is null. A line keeps its place and colour while it is shown, also when
 * the order by value changes; a new line takes the first free place.
 */
export function useChartSeries(
  { series, aggregate }: Pick<QuerySnapshot, 'series' | 'aggregate'>,
  by: string,
  fallbackName: string,
): ChartSeries[] {
  const slots = useRef(new Map<string, number>());
  return useMemo(() => {
    const keyed = series.flatMap((group) => linesOf(group, aggregate));
    assignSlots(slots.current, new Set(keyed.map(({ key }) => key)));
    const banded = BANDED.includes(aggregate) && keyed.length <= BANDS_UP_TO;
    return keyed
      .sort((a, b) => slots.current.get(a.key)! - slots.current.get(b.key)!)
      .map(({ labels, own, ...line }) => {
        const name = seriesName(labels, by.split(',').filter(Boolean), fallbackName);
        return {
          ...line,
          name: own ? `${name} ${line.aggregate}` : name,
          band: banded,
          ...lookOf(slots.current.get(line.key)!),
        };
      });
  }, [series, aggregate, by, fallbackName]);
}

interface Line extends Pick<ChartSeries, 'key' | 'aggregate' | 'points'> {
  labels: Labels;
  /** Whether it is one of several of its group. */
  own: boolean;
}

function linesOf({ labels, points }: GroupPoints, aggregate: string): Line[] {
  const key = labelsKey(labels);
  const aggregates = BANDED.includes(aggregate) ? [aggregate] : aggregate.split(',');
  if (aggregates.length === 1)
    return [{ key, labels, aggregate, points: points.filter(isWhole), own: false }];
  return aggregates.map((each, i) => ({
    key: `${key} ${each}`,
    labels,
    aggregate: each,
    points: points.map((point): Point => [point[0], point[i + 1]]).filter(isWhole),
    own: true,
  }));
}

function assignSlots(slots: Map<string, number>, present: ReadonlySet<string>): void {
  for (const key of slots.keys()) if (!present.has(key)) slots.delete(key);
  const taken = new Set(slots.values());
  let free = 0;
  for (const key of present) {
    if (slots.has(key)) continue;
    while (taken.has(free)) free++;
    slots.set(key, free);
    taken.add(free);
  }
}
