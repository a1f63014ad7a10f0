'use client';

import { useSyncExternalStore } from 'react';
import { feedOfTab } from './feed';

/** One timer for all clocks of the page; it stands still while nobody looks. */
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let current = 0;

function tick(): void {
  if (document.hidden) return;
  current = feedOfTab().serverNow();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/**
 * The server's time in ms, moving in whole steps of `everyMs` so that a component renders only as often as it
 * says; null on the server and in the first render, which must agree.
 */
export function useServerNow(everyMs: number): number | null {
  return useSyncExternalStore(
    subscribe,
    () => {
      if (timer === undefined || current === 0) current = feedOfTab().serverNow();
      return Math.floor(current / everyMs) * everyMs;
    },
    () => null,
  );
}
