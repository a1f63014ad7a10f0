import { bisect } from '../bisect';
import { DAY, SECOND } from './duration';

/** Cached midnights: enough for several answers of 5,000 points. */
const MOST_KEPT = 50_000;
/** The years 100 to 275,000: inside of what `Date` can represent. */
const FIRST = Date.UTC(100, 0);
const LAST = Date.UTC(275_000, 0);
const NAME = /^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/;

/**
 * A time zone's calendar. A day is a number: days since 1 January 1970 by the clocks of the place. It begins at its
 * first instant: midnight, or where clocks jump over midnight, what comes then.
 */
export interface Zone {
  /** The start of a day, epoch ms. A day that clocks jumped over begins, and ends, where the next one does. */
  startOf(day: number): number;
  /** The day that an instant, epoch ms, is in. */
  dayAt(t: number): number;
}

const zones = new Map<string, Zone | null>();

/** The zone of an IANA name; null for an unknown name. */
export function zoneOf(name: string): Zone | null {
  let zone = zones.get(name);
  if (zone === undefined) {
    zone = NAME.test(name) ? createZone(name) : null;
    // Unknown names are not cached: there is no limit to them.
    if (zone) zones.set(name, zone);
  }
  return zone;
}

function createZone(name: string): Zone | null {
  const offsetAt = offsetsOf(name);
  if (!offsetAt) return null;
  // Cached, because to read an offset takes 10 µs.
  const offsetOf = kept((day) => offsetAt(day * DAY));
  const startOf = kept((day) => {
    const around = [offsetOf(day - 1), offsetOf(day + 1)];
    return around[0] === around[1] ? day * DAY - around[0] : findStart(day * DAY, around, offsetAt);
  });

  return {
    startOf,
    dayAt(t) {
      let day = Math.floor((t + offsetAt(t)) / DAY);
      // Where clocks are set back over midnight, a day has begun before the day before it is over.
      while (startOf(day + 1) <= t) day++;
      while (startOf(day) > t) day--;
      return day;
    },
  };
}

function kept(compute: (day: number) => number): (day: number) => number {
  const values = new Map<number, number>();
  return (day) => {
    let value = values.get(day);
    if (value === undefined) {
      if (values.size >= MOST_KEPT) values.clear();
      value = compute(day);
      values.set(day, value);
    }
    return value;
  };
}

/**
 * The first instant at which clocks show `clock` or later, epoch ms, given their offsets from UTC before and after it.
 */
function findStart(clock: number, around: number[], offsetAt: (t: number) => number): number {
  const shown = around.map((offset) => clock - offset).filter((t) => t + offsetAt(t) === clock);
  if (shown.length > 0) return Math.min(...shown);
  // Clocks jump over it: finds the instant of the jump by bisection.
  const before = clock - Math.max(...around) - DAY;
  const after = clock - Math.min(...around) + DAY;
  return bisect(before + 1, after, (t) => t + offsetAt(t) >= clock);
}

const SHOWN = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/;

/** How far clocks are ahead of UTC at an instant, ms; null where there is no such zone. */
function offsetsOf(name: string): ((t: number) => number) | null {
  let clock: Intl.DateTimeFormat;
  try {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return (t) => {
    // Outside of these years the nearest offset is used.
    const within = Math.min(Math.max(t, FIRST), LAST);
    const whole = Math.floor(within / SECOND) * SECOND;
    const [, month, day, year, hour, minute, second] = SHOWN.exec(clock.format(whole))!.map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  };
}
