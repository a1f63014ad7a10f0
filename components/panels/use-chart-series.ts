'use client';

import { useMemo, useRef } from 'react';
import { labelsKey, type QuerySnapshot } from '@/lib/live/query-store';
import { type ChartSeries, lookOf } from '../charts/series';
import { seriesName } from './series-names';

/** With more lines than this their bands would hide each other. */
const BANDS_UP_TO = 3;

/**
 * The snapshot's groups as lines. A line keeps its place and its colour for as long as it is there, however the
 * order by value changes; one that enters takes the first free place.
 */
export function useChartSeries(
  { series, aggregate }: QuerySnapshot,
  by: string,
  fallbackName: string,
): ChartSeries[] {
  const slots = useRef(new Map<string, number>());
  return useMemo(() => {
    const keyed = series.map((group) => ({ key: labelsKey(group.labels), ...group }));
    assignSlots(slots.current, new Set(keyed.map(({ key }) => key)));
    const banded = aggregate.split(',').length === 3 && keyed.length <= BANDS_UP_TO;
    return keyed
      .sort((a, b) => slots.current.get(a.key)! - slots.current.get(b.key)!)
      .map(({ key, labels, points }) => ({
        key,
        name: seriesName(labels, by.split(',').filter(Boolean), fallbackName),
        points,
        band: banded,
        ...lookOf(slots.current.get(key)!),
      }));
  }, [series, aggregate, by, fallbackName]);
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
