import { z } from 'zod';
import { EVENT_LIMITS, LEVELS, type Level } from '../model/events';
import { parseTime, problemWithTime } from '../model/time/parse-time';
import type { EventsAnswer } from '../model/wire/events';
import type { EventCursor, EventLog } from '../records/event-log';
import { parameter, type Reject, readCount } from './query/parameters';

const DEFAULT_LIMIT = 100;

const time = parameter('', (text, reject) => {
  const problem = text === '' ? null : problemWithTime(text);
  if (problem) reject(problem);
  return text;
});

const text = z
  .string()
  .max(1_000)
  .default('')
  .refine((given) => !given.includes('\0') && given.isWellFormed(), 'must be text without NUL');

/** The parameters of the list of events. */
export const eventListParams = z.strictObject({
  service: text.meta({ description: 'Of this service' }),
  endpoint: text.meta({ description: 'Of this endpoint, as its metrics have it', example: 'GET /users/:id' }),
  host: text.meta({ description: 'Of this host' }),
  level: parameter('', readLevels).meta({
    description: `One or several of ${LEVELS.join(', ')}, separated by commas`,
  }),
  q: text.meta({ description: 'Text in the message, the fields or the path, in any case; or a trace id' }),
  from: time.meta({ description: 'The first moment: epoch ms, ISO 8601, now-15m', example: 'now-15m' }),
  to: time.meta({ description: 'The moment after the last one' }),
  limit: parameter(
    String(DEFAULT_LIMIT),
    (given, reject) => readCount(given, EVENT_LIMITS.page, reject) ?? DEFAULT_LIMIT,
  ).meta({
    description: `Events a page, ${DEFAULT_LIMIT} by default, up to ${EVENT_LIMITS.page}; fewer where they are large`,
  }),
  before: parameter('', readCursor).meta({ description: '`next` of the page before' }),
});
export type EventListParams = z.output<typeof eventListParams>;

/**
 * A page of events, the newest first.
 *
 * @param now epoch ms
 * @throws PulseError `too_expensive`, `too_busy`, `database_unavailable`
 */
export async function listEvents(
  log: Pick<EventLog, 'list'>,
  { level, q, from, to, ...rest }: EventListParams,
  now: number,
): Promise<EventsAnswer> {
  const { events, next, searchedTo } = await log.list({
    ...rest,
    levels: level,
    text: q,
    from: parseTime(from, now) ?? 0,
    to: parseTime(to, now) ?? Number.MAX_SAFE_INTEGER,
  });
  return { events, next: next && `${next.ts}_${next.number}`, searchedTo };
}

/** A page as JSON, in texts of at most one event. */
export function* jsonOfEvents({ events, next, searchedTo }: EventsAnswer): Generator<string> {
  yield '{"events":[';
  for (const [i, event] of events.entries()) yield (i === 0 ? '' : ',') + JSON.stringify(event);
  yield `],${JSON.stringify({ next, searchedTo }).slice(1)}`;
}

function readLevels(given: string, reject: Reject): Level[] {
  const levels = given.split(',').filter(Boolean);
  const known = LEVELS.filter((level) => levels.includes(level));
  if (known.length < new Set(levels).size) reject(`must be of ${LEVELS.join(', ')}`);
  return known;
}

function readCursor(given: string, reject: Reject): EventCursor | null {
  if (given === '') return null;
  const found = /^(\d{1,15})_(\d{1,15})$/.exec(given);
  if (!found) {
    reject('must be what `next` of a page says');
    return null;
  }
  return { ts: Number(found[1]), number: Number(found[2]) };
}
