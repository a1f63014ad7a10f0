'use client';

import { type RefObject, useRef } from 'react';
import { isWhole, type WholePoint } from '@/lib/model/points';
import { MINUTE, SECOND } from '@/lib/model/time/duration';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import type { Query } from '@/lib/model/wire/query';
import { useLiveQuery } from './feed';
import { useServerNow } from './now';
import { useInView } from './use-in-view';

/** How much a trend shows. */
const SHOWN_MS = 5 * MINUTE;

export interface Trend<Box extends Element> {
  /** Of the element that shows it: the trend is live while that is in view. */
  box: RefObject<Box | null>;
  /** What a sparkline draws; times are epoch ms. */
  sparkline: { points: WholePoint[]; step: number; start: number; end: number };
  latest: WholePoint | undefined;
  now: number;
}

/** One line's last minutes, live. */
export function useTrend<Box extends Element>(
  query: Query,
  initial: HistoryAnswer,
  renderedAt: number,
): Trend<Box> {
  const box = useRef<Box>(null);
  const inView = useInView(box);
  const { series, step } = useLiveQuery(query, initial, inView);
  const now = useServerNow(SECOND, inView) ?? renderedAt;
  const points = series[0]?.points.filter(isWhole) ?? [];
  return { box, sparkline: { points, step, start: now - SHOWN_MS, end: now }, latest: points.at(-1), now };
}
