'use client';

import { type RefObject, useMemo, useRef } from 'react';
import { type Unit, unitOf } from '@/lib/model/format';
import type { WholePoint } from '@/lib/model/points';
import { SECOND } from '@/lib/model/time/duration';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { type ChartSeries, latestPoint } from '../charts/series';
import { useLiveQuery } from '../live/feed';
import { useServerNow } from '../live/now';
import type { QuerySnapshot } from '../live/query-store';
import { useInView } from '../live/use-in-view';
import { useChartSeries } from './use-chart-series';

/** A chart is about this many px wide: its window need not move by less than a pixel. */
const TYPICAL_WIDTH = 600;

export interface Panel {
  box: RefObject<HTMLDivElement | null>;
  snapshot: QuerySnapshot;
  series: ChartSeries[];
  unit: Unit;
  /** Left and right edge in ms; while live the right one is now. */
  range: readonly [start: number, end: number];
  openFrom: number;
  /** The line's newest point that is complete enough to show as a figure. */
  latestOf(line: ChartSeries): WholePoint | undefined;
  live: boolean;
  /** ms since the newest point ended, when no data arrives any more; else null. */
  silentMs: number | null;
}

/** Data is called silent after this many times the usual distance of points. */
const SILENT_POINTS = 5;
const SILENT_AT_LEAST_MS = 10 * SECOND;

/** The points and ranges of one panel, updated while it is in view. */
export function usePanel(query: Query, answer: HistoryAnswer, name: string, declaredUnit?: string): Panel {
  const box = useRef<HTMLDivElement>(null);
  const inView = useInView(box);
  const snapshot = useLiveQuery(query, answer, inView);
  const series = useChartSeries(snapshot, query.by ?? '', name);
  const { windowMs, step, start, end, aggregate } = snapshot;
  const live = windowMs !== null;
  const pixelMs = Math.max(SECOND, Math.floor((windowMs ?? 0) / TYPICAL_WIDTH / SECOND) * SECOND);
  const now = useServerNow(pixelMs, live && inView);
  const asOf = (live ? now : null) ?? answer.cursor;
  const unit = useMemo(
    () => unitOf(query.metric, declaredUnit, aggregate.split(',')[0]),
    [query.metric, declaredUnit, aggregate],
  );
  return {
    box,
    snapshot,
    series,
    unit,
    range: live ? [asOf - windowMs, asOf] : [start, end],
    openFrom: asOf - step,
    latestOf: (line) => latestPoint(line.points, line.aggregate, asOf - step),
    live,
    silentMs: live && now !== null ? silence(series, step, now) : null,
  };
}

function silence(series: readonly ChartSeries[], step: number, now: number): number | null {
  let newest = Number.NEGATIVE_INFINITY;
  let usual = step;
  for (const { points } of series) {
    if (points.length === 0) continue;
    newest = Math.max(newest, points[points.length - 1][0]);
    usual = Math.max(usual, (points[points.length - 1][0] - points[0][0]) / Math.max(1, points.length - 1));
  }
  const silent = now - (newest + step);
  return Number.isFinite(newest) && silent > Math.max(SILENT_AT_LEAST_MS, SILENT_POINTS * usual)
    ? silent
    : null;
}
