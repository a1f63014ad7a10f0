'use client';

import { useCallback, useSyncExternalStore } from 'react';
import { feedOfTab } from './feed';
import { queueFrame, unqueueFrame } from './frame-queue';

/** One timer for all clocks of the page; it stands still while nobody looks. */
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let stop: (() => void) | null = null;
let current = 0;

function start(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let tickedAt = 0;
  const tick = () => {
    clearTimeout(timer);
    timer = setTimeout(tick, TICK_MS);
    tickedAt = performance.now();
    if (document.hidden) return;
    current = feedOfTab().clock.now();
    for (const listener of listeners) queueFrame(listener);
  };
  tick();
  // New points and the moved window then come in one rendering instead of two.
  const stopTicks = feedOfTab().clock.onTick(() => {
    if (performance.now() - tickedAt > TICK_MS * 0.7) tick();
  });
  return () => {
    clearTimeout(timer);
    stopTicks();
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  stop ??= start();
  return () => {
    listeners.delete(listener);
    unqueueFrame(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
  };
}

const nothing = () => () => {};

/**
 * The server's time in ms, moving in whole steps of `everyMs` so that a component renders only as often as it
 * says, and not at all while `moving` is false; null on the server and in the first render, which must agree.
 */
export function useServerNow(everyMs: number, moving = true): number | null {
  const read = useCallback(() => {
    if (stop === null) current = feedOfTab().clock.now();
    return Math.floor(current / everyMs) * everyMs;
  }, [everyMs]);
  return useSyncExternalStore(moving ? subscribe : nothing, read, () => null);
}
