import { DAY, formatDuration, HOUR, MINUTE, parseDuration, SECOND } from '@/lib/model/time/duration';
import type { UrlState } from '../shell/use-url-state';

export const RANGE_PRESETS = ['5m', '15m', '1h', '6h', '24h', '7d', '30d', '90d'] as const;
export type RangePreset = (typeof RANGE_PRESETS)[number];

const SHORTEST_MS = SECOND;
/** A range that was paused has its ends rounded outwards; it is still the preset it came from. */
const ROUNDING = 0.02;
const LONGEST_MS = 10 * 365 * DAY;

/** The page's time range, which is `start` and `end` of its URL, with the API's parameter names. */
export interface TimeRangeChoice {
  /** Null for a range that is no preset. */
  preset: RangePreset | null;
  /** It moves with the clock. */
  live: boolean;
}

/** Each goes to the URL with the new range. Times are epoch ms; `start` and `end` are those shown now. */
export interface RangeChanges {
  choose(preset: RangePreset): void;
  /** Shows exactly this; it does not move with the clock. */
  show(start: number, end: number): void;
  /** Twice as much time, around the middle of what is shown. */
  zoomOut(start: number, end: number): void;
  /** The range moved by half its length, back (−1) or on (1). */
  shift(start: number, end: number, direction: -1 | 1): void;
  /** Follows the clock again, with about as much time as is shown. */
  follow(start: number, end: number): void;
}

/** @param fallback the range of a URL that has none */
export function readRange({ params }: UrlState, fallback: RangePreset): TimeRangeChoice {
  const start = params.get('start') ?? `now-${fallback}`;
  const live = (params.get('end') ?? 'now') === 'now' && start.startsWith('now-');
  return { preset: live ? presetOf(parseDuration(start.slice(4))) : null, live };
}

/** @param fallback the range of a URL that has none */
export function rangeChanges(url: UrlState, fallback: RangePreset, serverNow: () => number): RangeChanges {
  const { live } = readRange(url, fallback);
  const show = (from: number, to: number) => {
    const [first, last] = widen(from, to);
    url.push({ start: instant(first), end: instant(last) });
  };
  const followFor = (ms: number) =>
    url.push({ start: ms === parseDuration(fallback) ? null : `now-${text(ms)}`, end: null });

  return {
    choose: (preset) => followFor(parseDuration(preset)!),
    show,
    zoomOut(from, to) {
      const span = Math.min(LONGEST_MS, 2 * (to - from));
      // What would reach past now is a live range again.
      if (live || to + (to - from) / 2 >= serverNow()) followFor(live ? span : presetAtLeast(span));
      else show(from - (to - from) / 2, to + (to - from) / 2);
    },
    shift(from, to, direction) {
      const by = (direction * (to - from)) / 2;
      if (to + by >= serverNow()) followFor(to - from);
      else show(from + by, to + by);
    },
    follow: (from, to) => followFor(presetAtLeast(to - from)),
  };
}

/** ms of a length in words of the contract, whole seconds at least. */
function text(ms: number): string {
  return formatDuration(Math.max(1, Math.round(ms / SECOND)) * SECOND);
}

function presetOf(ms: number | null): RangePreset | null {
  return RANGE_PRESETS.find((preset) => parseDuration(preset) === ms) ?? null;
}

function presetAtLeast(ms: number): number {
  const found = RANGE_PRESETS.map((preset) => parseDuration(preset)!).find(
    (length) => length >= ms * (1 - ROUNDING),
  );
  return found ?? ms;
}

function widen(from: number, to: number): [number, number] {
  const grain = to - from >= MINUTE ? SECOND : 1;
  const first = Math.floor(from / grain) * grain;
  return [first, Math.max(first + SHORTEST_MS, Math.ceil(to / grain) * grain)];
}

/** ISO 8601 in UTC, as short as it is exact: people read URLs. */
function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

export function describeWindow(ms: number): string {
  const units = [
    [DAY, 'day'],
    [HOUR, 'hour'],
    [MINUTE, 'minute'],
    [SECOND, 'second'],
  ] as const;
  const [size, word] = units.find(([unit]) => ms >= unit && ms % unit === 0) ?? units[3];
  const count = Math.round(ms / size);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
