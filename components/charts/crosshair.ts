'use client';

import { useSyncExternalStore } from 'react';

/** The time the reader points at, shared by all charts of the page, and the chart that has the pointer. */
export interface Crosshair {
  t: number;
  chart: string;
  /** Moved by keys: then the value is spoken too. */
  spoken: boolean;
}

let current: Crosshair | null = null;
const listeners = new Set<() => void>();

export function moveCrosshair(next: Crosshair | null): void {
  if (next?.t === current?.t && next?.chart === current?.chart && next?.spoken === current?.spoken) return;
  current = next;
  for (const listener of listeners) listener();
}

/** Clears the crosshair if this chart has it. */
export function releaseCrosshair(chart: string): void {
  if (current?.chart === chart) moveCrosshair(null);
}

export function useCrosshair(): Crosshair | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
    () => null,
  );
}
