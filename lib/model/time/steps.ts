import { alignDown } from '../points';
import { DAY, formatDuration, parseDuration } from './duration';
import { zoneOf } from './zone';

/** Whole days, weeks from Monday on, or months, in a time zone. `every` counts days from 1 January 1970. */
export type CalendarStep =
  | { unit: 'day'; every: number; timezone: string }
  | { unit: 'week' | 'month'; timezone: string };

/** The width of points: ms, or a step of the calendar. */
export type Step = number | CalendarStep;

/** Where the points of a question begin; each lasts until the next one begins. Times are epoch ms. */
export interface Steps {
  /** The width of every point in ms; null where they differ. */
  readonly ms: number | null;
  /** The usual width of a point, ms; no point is much wider. */
  readonly usualMs: number;
  /** The start of the point that holds `t`. */
  startOf(t: number): number;
  /** The start of the point after the one that begins at `start`. */
  after(start: number): number;
  /** The time `offset` ms before a start; whole days are days of the calendar. */
  back(start: number, offset: number): number;
}

/** Steps of a fixed width, one of which begins at `origin`. */
export function fixedSteps(ms: number, origin = 0): Steps {
  return {
    ms,
    usualMs: ms,
    startOf: (t) => origin + alignDown(t - origin, ms),
    after: (start) => start + ms,
    back: (start, offset) => start - offset,
  };
}

/** One step from `start` to `end`. */
export function wholeStep(start: number, end: number, { back, ms }: Steps): Steps {
  return { ...fixedSteps(end - start, start), ms: ms === null ? null : end - start, back };
}

export function stepsOf(step: Step): Steps {
  return typeof step === 'number' ? fixedSteps(step) : calendarSteps(step);
}

/** `day`, `2d`, `week`, `month` of a calendar step: as it is asked for. */
export function nameOfStep(step: CalendarStep): string {
  if (step.unit !== 'day') return step.unit;
  return step.every === 1 ? 'day' : formatDuration(step.every * DAY);
}

/** Reads the step of an answer: ms, or a name that `nameOfStep` wrote. */
export function readStep(step: number | string, timezone = 'UTC'): Step {
  if (typeof step === 'number') return step;
  if (step === 'week' || step === 'month') return { unit: step, timezone };
  return { unit: 'day', every: step === 'day' ? 1 : (parseDuration(step) ?? DAY) / DAY, timezone };
}

/** Whether days begin in this time zone when they begin in UTC, always. */
export function isUtc(timezone: string): boolean {
  return /^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal|Greenwich|GMT[+-]?0)$/i.test(timezone);
}

/** The first start at `t` or later. */
export function startFrom({ startOf, after }: Steps, t: number): number {
  if (!Number.isFinite(t)) return t;
  const start = startOf(t);
  return start === t ? start : after(start);
}

/** How many points there are in `[start, end)`, both of which are starts; more than `most` are not counted. */
export function countSteps({ ms, after }: Steps, start: number, end: number, most = Infinity): number {
  if (ms !== null) return (end - start) / ms;
  let count = 0;
  for (let at = start; at < end && count <= most; at = after(at)) count++;
  return count;
}

/** The starts of all points in `[start, end)`. */
export function listStarts({ after }: Steps, start: number, end: number): number[] {
  const starts: number[] = [];
  for (let at = start; at < end; at = after(at)) starts.push(at);
  return starts;
}

/**
 * The start of the step that shows a sample at `t`, where points show samples `offset` ms earlier: inverse to `back`.
 */
export function stepOfSample(steps: Steps, t: number, offset: number): number {
  if (!Number.isFinite(t)) return t;
  let start = steps.startOf(t + offset);
  if (steps.ms !== null) return start;
  while (steps.back(start, offset) > t) start = steps.startOf(start - 1);
  while (steps.back(steps.after(start), offset) <= t) start = steps.after(start);
  return start;
}

const MONDAY = 4;
const USUAL_MONTH_MS = 31 * DAY;

function calendarSteps(step: CalendarStep): Steps {
  const zone = zoneOf(step.timezone);
  if (!zone) throw new RangeError(`${step.timezone} is no time zone`);
  const every = step.unit === 'week' ? 7 : step.unit === 'day' ? step.every : 0;
  const origin = step.unit === 'week' ? MONDAY : 0;
  const firstDay = step.unit === 'month' ? monthOf : (day: number) => origin + alignDown(day - origin, every);
  const nextDay = step.unit === 'month' ? monthAfter : (day: number) => day + every;

  return {
    ms: null,
    usualMs: every === 0 ? USUAL_MONTH_MS : every * DAY,
    startOf(t) {
      return zone.startOf(firstDay(zone.dayAt(t)));
    },
    after(start) {
      let day = firstDay(zone.dayAt(start));
      // Skips a day that clocks jumped over.
      do day = nextDay(day);
      while (zone.startOf(day) <= start);
      return zone.startOf(day);
    },
    back(start, offset) {
      if (offset % DAY !== 0) return start - offset;
      return zone.startOf(zone.dayAt(start) - offset / DAY);
    },
  };
}

/** The first day of the month that a day is in. */
function monthOf(day: number): number {
  const date = new Date(day * DAY);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) / DAY;
}

function monthAfter(first: number): number {
  const date = new Date(first * DAY);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) / DAY;
}
