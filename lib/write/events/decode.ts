import type { HeldBodies } from '../../access/limit/held-body';
import { isPulseError, PulseError } from '../../model/errors';
import { EVENT_LIMITS } from '../../model/events';
import { toText } from '../ingest/body';
import { type JsonBounds, refuseExpensiveJson } from '../ingest/expensive-json';
import { type Line, readLines } from '../ingest/lines';
import { parseJson } from '../ingest/parse-json';
import { nanosecondsToMs, type Precision } from '../ingest/timestamp';
import type { DecodedEvents } from './incoming-event';
import { readEvent } from './read-event';

export interface EventsContext {
  precision: Precision;
  /** What the sender calls the body; null where it does not say. */
  bodyKey: string | null;
  /** The timestamp of events that have none, epoch ms; by default when they are decoded. */
  time?: number;
}

/** An event has a few dozen fields, of which some have fields. */
const BOUNDS: JsonBounds = {
  entries: EVENT_LIMITS.eventsPerJsonBody,
  containers: EVENT_LIMITS.eventsPerJsonBody * 10,
  fromBytes: 64 * 1_024,
  advice: `A JSON body holds at most ${EVENT_LIMITS.eventsPerJsonBody} events. Send several, or application/x-ndjson.`,
};

const MAX_LINE_BYTES = 2 ** 20;
/** Events handed on together at most; between portions others have their turn. */
const PORTION = 1_000;

/** A whole body of `application/json`: an event, or an array of them. In portions. */
export function* decodeEvents(bytes: Buffer, context: EventsContext): Generator<DecodedEvents> {
  const events = parseEvents(bytes, context.precision);
  for (let from = 0; from === 0 || from < events.length; from += PORTION)
    yield readEvents(events.slice(from, from + PORTION), from, context);
}

/**
 * An event, or an array of them, a line, decoded as it streams in. A line that cannot be read counts as one rejected
 * event and does not affect the others.
 */
export async function* decodeEventLines(
  pieces: AsyncIterable<Uint8Array>,
  context: EventsContext,
  bodies: HeldBodies,
): AsyncGenerator<DecodedEvents> {
  let index = 0;
  for await (const lines of readLines(pieces, MAX_LINE_BYTES, bodies)) {
    for (let from = 0; from < lines.length; ) {
      const portion: DecodedEvents = { events: [], errors: [], precision: context.precision };
      while (from < lines.length && portion.events.length + portion.errors.length < PORTION) {
        const { events, errors } = decodeLine(lines[from++], index, context);
        index += events.length + errors.length;
        for (const event of events) portion.events.push(event);
        for (const error of errors) portion.errors.push(error);
      }
      yield portion;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function decodeLine({ number, bytes }: Line, index: number, context: EventsContext): DecodedEvents {
  const rejected = (reason: string): DecodedEvents => ({
    events: [],
    errors: [{ index, path: '', code: 'bad_event', message: `line ${number}: ${reason}` }],
  });
  if (!bytes) return rejected(`longer than ${MAX_LINE_BYTES} bytes`);
  try {
    return readEvents(parseEvents(bytes, context.precision, true), index, context);
  } catch (error) {
    if (isPulseError(error)) return rejected(error.message);
    throw error;
  }
}

/** Throws `bad_json`, `bad_body`, `bad_shape`, or what `refuseExpensiveJson` throws. */
function parseEvents(bytes: Buffer, precision: Precision, mayBeBlank = false): unknown[] {
  refuseExpensiveJson(bytes, BOUNDS);
  const text = toText(bytes);
  if (mayBeBlank && text.trim() === '') return [];
  const body = parseJson(text);
  const events = Array.isArray(body) ? body : [body];
  if (events.length > EVENT_LIMITS.eventsPerJsonBody) throw new PulseError('too_many_samples', BOUNDS.advice);
  if (!Array.isArray(body) && (typeof body !== 'object' || body === null))
    throw new PulseError('bad_shape', 'The body must be an event or an array of events.');
  return precision === 'ns' ? withMs(events, text) : events;
}

/** The same with their own timestamps in ms. A further field of that name may be anything, and stays. */
function withMs(events: readonly unknown[], text: string): unknown[] {
  const converted = [parseJson(nanosecondsToMs(text))].flat() as Array<{ timestamp: unknown }>;
  return events.map((event, at) => {
    if (typeof event !== 'object' || event === null || !('timestamp' in event)) return event;
    return { ...event, timestamp: converted[at].timestamp };
  });
}

function readEvents(
  list: readonly unknown[],
  firstIndex: number,
  { precision, bodyKey, time = Date.now() }: EventsContext,
): DecodedEvents {
  const decoded: DecodedEvents = { events: [], errors: [], precision };
  const context = { now: time, precision: precision === 'ns' ? ('ms' as const) : precision, bodyKey };
  list.forEach((raw, at) => {
    const read = readEvent(raw, firstIndex + at, context);
    if ('code' in read) decoded.errors.push(read);
    else decoded.events.push(read);
  });
  return decoded;
}
