'use client';

import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { SECOND } from '@/lib/model/time/duration';
import type { PromqlQuestion, PromqlSeries } from '@/lib/model/wire/promql';
import { feedOfTab } from '../live/feed';
import { createKeptAnswer, type KeptAnswer } from '../live/kept-answer';
import { useServerNow } from '../live/now';
import { liveWindow } from '../live/query-store';
import { mergeSteps, newestUrl, type RangeBody, readRangeBody } from './promql-points';

/** How often an expression is evaluated again, ms: as its steps come, and for a tenth of the time at most. */
const EVERY = [1, 2, 5, 10, 15, 30, 60, 120, 300].map((seconds) => seconds * SECOND);
const SHARE_OF_TIME = 10;

export interface LivePromql {
  answer: PromqlSeries;
  /** Why the newest steps are missing; null while they are not. */
  problem: string | null;
  /** Length of the window that moves, ms; null when the range stands still. */
  windowMs: number | null;
  /** How often it is evaluated, ms. */
  everyMs: number;
}

/** The answer that the page came with, and from there on its newest steps, for as long as somebody looks. */
export function usePromql(
  question: PromqlQuestion,
  initial: PromqlSeries,
  { isOfWholeRange, isWatched }: { isOfWholeRange: boolean; isWatched: boolean },
): LivePromql {
  const windowMs = liveWindow({ metric: '', start: question.start, end: question.end });
  const [everyMs, setEveryMs] = useState(() => intervalOf(initial.step, 0));
  const kept = useMemo(
    () =>
      keepNewest(question, initial, {
        isOfWholeRange,
        windowMs,
        onTook: (ms) => setEveryMs(intervalOf(initial.step, ms)),
      }),
    [initial],
  );
  const tick = useServerNow(everyMs, windowMs !== null && isWatched);
  useEffect(() => {
    if (tick !== null && windowMs !== null) kept.refresh();
  }, [kept, tick, windowMs]);
  useEffect(() => {
    // Nobody looks: what is under way is given up, too, and what failed is not tried again.
    const stopHidden = () => document.hidden && kept.stop();
    document.addEventListener('visibilitychange', stopHidden);
    return () => {
      document.removeEventListener('visibilitychange', stopHidden);
      kept.stop();
    };
  }, [kept]);
  const { answer, problem } = useSyncExternalStore(kept.subscribe, kept.getSnapshot, kept.getSnapshot);
  return { answer, problem, windowMs, everyMs };
}

interface KeepOptions {
  isOfWholeRange: boolean;
  windowMs: number | null;
  /** How long an answer has taken. */
  onTook(ms: number): void;
}

/** @param initial of the same question */
function keepNewest(
  question: PromqlQuestion,
  initial: PromqlSeries,
  { isOfWholeRange, windowMs, onTook }: KeepOptions,
): KeptAnswer<PromqlSeries> {
  let url = '';
  return createKeptAnswer<PromqlSeries>({
    url,
    initial,
    everyMs: SECOND,
    nextUrl(_, last) {
      url = newestUrl(question, last, feedOfTab().clock.now(), isOfWholeRange);
      return url;
    },
    async fetch(...request) {
      const beganAt = performance.now();
      const response = await fetch(...request);
      noteServerTime(response);
      onTook(performance.now() - beganAt);
      return response;
    },
    read: (body) => readRangeBody(url, body as RangeBody, feedOfTab().clock.now()),
    merge: (last, next) => mergeSteps(last, next, windowMs ?? 0),
    // The page itself redirects to the login page, which leads back.
    onSignedOut: () => location.reload(),
  });
}

function intervalOf(step: number, tookMs: number): number {
  return EVERY.find((every) => every >= Math.max(step, tookMs * SHARE_OF_TIME)) ?? EVERY[EVERY.length - 1];
}

/** There is no stream here whose events tell the server's clock. */
function noteServerTime({ headers }: Response): void {
  const date = Date.parse(headers.get('date') ?? '');
  if (!Number.isNaN(date)) feedOfTab().clock.note(date + SECOND / 2);
}
