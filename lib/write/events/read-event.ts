import { randomUUID } from 'node:crypto';
import { EVENT_LIMITS, LEVELS, type Level } from '../../model/events';
import { SAMPLE_ERRORS, type SampleError, type SampleErrorCode } from '../ingest/sample';
import { Timestamp } from '../ingest/schemas';
import { type Precision, toEpochMs } from '../ingest/timestamp';
import { EVENT_ERRORS, type EventErrorCode } from './event-error';
import { readFields } from './event-fields';
import { idFrom } from './event-id';
import type { IncomingEvent } from './incoming-event';

export interface EventContext {
  /** The timestamp of events that have none, epoch ms. */
  now: number;
  precision: Exclude<Precision, 'ns'>;
  /** What the sender calls the body: its events then have ids by their place in it. */
  bodyKey: string | null;
}

/** Thrown where an event cannot be read, and caught where its place in the body is known. */
class Unreadable extends Error {
  constructor(
    readonly code: EventErrorCode | SampleErrorCode,
    readonly path: string,
  ) {
    super(code);
  }
}

const OWN_FIELDS = new Set([
  ...(['id', 'timestamp', 'level', 'service', 'endpoint', 'message', 'duration', 'status', 'host'] as const),
  'traceId',
]);

/** Usual names of levels, and pino's numbers. */
const LEVEL_NAMES: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...LEVELS.map((level) => [level, level] as const),
  ...(['verbose', 'finest', '10'] as const).map((name) => [name, 'trace'] as const),
  ...(['fine', '20'] as const).map((name) => [name, 'debug'] as const),
  ...(['information', 'informational', 'notice', 'log', '30'] as const).map(
    (name) => [name, 'info'] as const,
  ),
  ...(['warning', '40'] as const).map((name) => [name, 'warn'] as const),
  ...(['err', 'severe', '50'] as const).map((name) => [name, 'error'] as const),
  ...(['critical', 'crit', 'alert', 'emerg', 'emergency', 'panic', '60'] as const).map(
    (name) => [name, 'fatal'] as const,
  ),
]);

/** What was sent as one event, as an event; or why it is none. Whatever was sent, it does not throw. */
export function readEvent(raw: unknown, index: number, context: EventContext): IncomingEvent | SampleError {
  try {
    return read(raw, index, context);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { code, path } = error;
    return { index, path, code, message: messageOf(code) };
  }
}

export function messageOf(code: EventErrorCode | SampleErrorCode): string {
  return Object.hasOwn(EVENT_ERRORS, code)
    ? EVENT_ERRORS[code as EventErrorCode]
    : SAMPLE_ERRORS[code as SampleErrorCode];
}

function read(raw: unknown, index: number, { now, precision, bodyKey }: EventContext): IncomingEvent {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Unreadable('bad_event', '');
  const given = raw as Record<string, unknown>;
  const own = (name: string) => (Object.hasOwn(given, name) ? (given[name] ?? null) : null);
  const id = readText(own('id'), 'id', EVENT_LIMITS.idLength);
  const endpoint = readText(own('endpoint'), 'endpoint', EVENT_LIMITS.endpointLength);
  const message = readText(own('message'), 'message', EVENT_LIMITS.messageLength);
  const fields = readFields(given, OWN_FIELDS);
  if (fields === null) throw new Unreadable('bad_field', '');
  if (endpoint === null && message === null && fields.text === null) throw new Unreadable('bad_event', '');
  return {
    index,
    id: id !== null ? idFrom('id', id) : bodyKey === null ? randomUUID() : idFrom('body', bodyKey, index),
    timestamp: readTimestamp(own('timestamp'), now, precision),
    level: readLevel(own('level')),
    service: readText(own('service'), 'service', EVENT_LIMITS.nameLength) ?? '',
    endpoint,
    message: message ?? '',
    duration: readDuration(own('duration')),
    status: readStatus(own('status')),
    host: readText(own('host'), 'host', EVENT_LIMITS.nameLength),
    traceId: readText(own('traceId'), 'traceId', EVENT_LIMITS.traceIdLength),
    fields: fields.values,
    fieldsText: fields.text,
  };
}

/** Empty text is the same as none. */
function readText(value: unknown, path: string, most: number): string | null {
  if (value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= most && !value.includes('\0') && value.isWellFormed())
    return value;
  throw new Unreadable('bad_text', path);
}

function readTimestamp(value: unknown, now: number, precision: EventContext['precision']): number {
  if (value === null) return now;
  if (Number.isInteger(value)) return toEpochMs(value as number, precision);
  if (typeof value === 'string' && Timestamp.safeParse(value).success) return Date.parse(value);
  throw new Unreadable('bad_timestamp', 'timestamp');
}

function readLevel(value: unknown): Level {
  if (value === null) return 'info';
  const level =
    (typeof value === 'string' || typeof value === 'number') && String(value).length < 20
      ? LEVEL_NAMES.get(String(value).toLowerCase())
      : undefined;
  if (level) return level;
  throw new Unreadable('bad_level', 'level');
}

function readDuration(value: unknown): number | null {
  if (value === null) return null;
  // -0 is a zero like the other, and is stored as that.
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value + 0;
  throw new Unreadable('bad_duration', 'duration');
}

function readStatus(value: unknown): number | null {
  if (value === null) return null;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 999) return value as number;
  throw new Unreadable('bad_status', 'status');
}
