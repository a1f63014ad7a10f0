import { DAY } from '../../../model/time/duration';

const ofDate =
  (read: (date: Date) => number) =>
  (seconds: number): number =>
    read(new Date(Math.trunc(seconds) * 1_000));

/** Parts of a time in UTC, seconds since the epoch. */
export const CALENDAR: Readonly<Record<string, (seconds: number) => number>> = {
  minute: ofDate((date) => date.getUTCMinutes()),
  hour: ofDate((date) => date.getUTCHours()),
  day_of_week: ofDate((date) => date.getUTCDay()),
  day_of_month: ofDate((date) => date.getUTCDate()),
  day_of_year: ofDate((date) => Math.floor((date.getTime() - startOfYear(date)) / DAY) + 1),
  days_in_month: ofDate((date) =>
    new Date(Date.UTC(2000 + (date.getUTCFullYear() % 400), date.getUTCMonth() + 1, 0)).getUTCDate(),
  ),
  month: ofDate((date) => date.getUTCMonth() + 1),
  year: ofDate((date) => date.getUTCFullYear()),
};

function startOfYear(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear());
  return start.getTime();
}
