import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPulseError } from '../../model/errors';
import { EVENT_LIMITS } from '../../model/events';
import type { Precision } from '../ingest/timestamp';
import { decodeEvents } from './decode';
import type { DecodedEvents } from './incoming-event';
import { readEvent } from './read-event';

const context = { precision: 'ms', bodyKey: null } as const;
const reading = { ...context, now: 1_795_200_000_000 };

function decode(text: string | Buffer, precision: Precision = 'ms'): DecodedEvents {
  const all: DecodedEvents = { events: [], errors: [] };
  for (const { events, errors } of decodeEvents(Buffer.from(text), { ...context, precision })) {
    all.events.push(...events);
    all.errors.push(...errors);
  }
  return all;
}

/** The code of an event's error; null of one that can be read. */
function refusal(event: unknown): string | null {
  const read = readEvent(event, 0, reading);
  return 'code' in read ? `${read.code} ${read.path}`.trim() : null;
}

describe('an event', () => {
  it('is what its fields say, and whatever else it has', () => {
    const read = readEvent(
      { timestamp: '2026-11-26T01:02:03.5Z', level: 'WARN', endpoint: '/a', duration: -0, x: { y: [1] } },
      3,
      reading,
    );
    expect(read).toMatchObject({
      index: 3,
      timestamp: Date.UTC(2026, 10, 26, 1, 2, 3, 500),
      level: 'warn',
      service: '',
      endpoint: '/a',
      message: '',
      status: null,
      fields: { x: { y: [1] } },
      fieldsText: '{"x":{"y":[1]}}',
    });
    expect(Object.is((read as { duration: number }).duration, 0)).toBe(true);
  });

  it('without a time is of now, without a level an info', () => {
    expect(readEvent({ message: 'x' }, 0, reading)).toMatchObject({ timestamp: reading.now, level: 'info' });
  });

  it.each([
    [null, 'bad_event'],
    [[], 'bad_event'],
    ['text', 'bad_event'],
    [{}, 'bad_event'],
    [{ message: '', level: 'info' }, 'bad_event'],
    [{ message: 'x', level: 'loud' }, 'bad_level level'],
    [{ message: 'x', level: {} }, 'bad_level level'],
    [{ message: 'x', level: 'constructor' }, 'bad_level level'],
    [{ message: 'x', duration: -1 }, 'bad_duration duration'],
    [{ message: 'x', duration: Number.NaN }, 'bad_duration duration'],
    [{ message: 'x', duration: JSON.parse('1e999') }, 'bad_duration duration'],
    [{ message: 'x', duration: '12' }, 'bad_duration duration'],
    [{ message: 'x', status: 200.5 }, 'bad_status status'],
    [{ message: 'x', status: -1 }, 'bad_status status'],
    [{ message: 'x', status: 2 ** 53 }, 'bad_status status'],
    [{ message: 'x', timestamp: 1.5 }, 'bad_timestamp timestamp'],
    [{ message: 'x', timestamp: 'yesterday' }, 'bad_timestamp timestamp'],
    [{ message: 'x', timestamp: '2026-11-26T01:02:03' }, 'bad_timestamp timestamp'],
    [{ message: 7 }, 'bad_text message'],
    [{ message: 'a\0b' }, 'bad_text message'],
    [{ message: '\ud800' }, 'bad_text message'],
    [{ message: 'x', service: 's'.repeat(257) }, 'bad_text service'],
    [{ message: 'x'.repeat(EVENT_LIMITS.messageLength + 1) }, 'bad_text message'],
    [{ message: 'x', id: 'i'.repeat(129) }, 'bad_text id'],
    [{ message: 'x', a: { b: { c: { d: { e: 1 } } } } }, 'bad_field'],
    [{ message: 'x', a: JSON.parse('{"__proto__":{"polluted":1}}') }, 'bad_field'],
    [JSON.parse('{"message":"x","__proto__":{"polluted":1}}'), 'bad_field'],
    [{ message: 'x', a: 'a\0' }, 'bad_field'],
    [{ message: 'x', 'a\0': 1 }, 'bad_field'],
    [{ message: 'x', a: JSON.parse('-1e999') }, 'bad_field'],
    [{ message: 'x', a: Array(65).fill(1) }, 'bad_field'],
    [{ message: 'x', a: 'y'.repeat(EVENT_LIMITS.fieldsLength) }, 'bad_field'],
    [{ message: 'x', ['n'.repeat(65)]: 1 }, 'bad_field'],
  ])('%j is refused: %s', (event, code) => {
    expect(refusal(event)).toBe(code);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('takes the names and numbers that others have for levels', () => {
    const level = (given: unknown) =>
      (readEvent({ message: 'x', level: given }, 0, reading) as { level: string }).level;
    expect(['Warning', 'ERR', 'crit', 30, '50', 'notice'].map(level)).toEqual([
      ...['warn', 'error', 'fatal', 'info', 'error', 'info'],
    ]);
  });

  it('has the same id whenever it is sent with the same id, or in the same body of a name', () => {
    const idOf = (event: object, index: number, bodyKey: string | null = null) =>
      (readEvent({ message: 'x', ...event }, index, { ...reading, bodyKey }) as { id: string }).id;
    expect(idOf({ id: 'a' }, 0)).toBe(idOf({ id: 'a' }, 5, 'body'));
    expect(idOf({}, 1, 'body')).toBe(idOf({ message: 'y' }, 1, 'body'));
    const others = [
      idOf({ id: 'a' }, 0),
      idOf({ id: 'b' }, 0),
      idOf({}, 0, 'a'),
      idOf({}, 1, 'a'),
      idOf({}, 0),
      idOf({}, 0),
    ];
    expect(new Set(others).size).toBe(others.length);
    for (const id of others) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  });
});

describe('a body', () => {
  it('has each event, or the reason why it is none, at its place', () => {
    const { events, errors } = decode('[{"message":"a"},7,{"message":"b"}]');
    expect(events.map(({ index }) => index)).toEqual([0, 2]);
    expect(errors.map(({ index }) => index)).toEqual([1]);
    expect(decode('[]')).toEqual({ events: [], errors: [] });
    expect(decode('{"message":"alone"}').events).toHaveLength(1);
  });

  it('in nanoseconds has its timestamps in them, and nothing else', () => {
    const event = '{"timestamp":1795200000123456789,"video":{"timestamp":90},"__proto__":1}';
    const text = event.replace(',"__proto__":1', '');
    for (const body of [text, `[${text}]`])
      expect(decode(body, 'ns').events).toMatchObject([
        { timestamp: 1_795_200_000_123, fieldsText: '{"video":{"timestamp":90}}' },
      ]);
    expect(decode(`[7,${event}]`, 'ns').errors.map(({ code }) => code)).toEqual(['bad_event', 'bad_field']);
  });

  it.each(['', '7', 'null', '"x"', '{', '[{"message":"x"}', '{"message":"\ud800'])(
    '%j is refused',
    (text) => {
      expect(() => decode(text)).toThrow(expect.objectContaining({ name: 'PulseError', status: 400 }));
    },
  );

  it('that would cost far more than its size is refused before it is parsed', () => {
    expect(() => decode('['.repeat(4_000_000))).toThrow(/nested/);
    expect(() => decode(`[${'{},'.repeat(1_000_000)}{}]`)).toThrow(/at most 10000/);
    expect(() => decode(`[{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join()}}]`)).toThrow(
      /at most/,
    );
    expect(() => decode(`[${Array(10_001).fill('{"message":"x"}').join()}]`)).toThrow(/at most 10000/);
  });

  it('of anything at all is refused as it should, or read; nothing else happens', () => {
    const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null));
    const name = fc.oneof(
      fc.constantFrom(
        'id',
        'timestamp',
        'level',
        'service',
        'endpoint',
        'message',
        'duration',
        'status',
        'host',
      ),
      fc.constantFrom('traceId', '__proto__', 'constructor', 'toString', 'hasOwnProperty', ''),
      fc.string({ unit: 'binary', maxLength: 70 }),
    );
    const anything = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(tie('value')), tie('object')),
      object: fc
        .array(fc.tuple(name, tie('value')), { maxLength: 8 })
        .map((pairs) => Object.fromEntries(pairs)),
    }));
    fc.assert(
      fc.property(fc.oneof(anything.object, fc.array(anything.object), anything.value), (body) => {
        try {
          const { events, errors } = decode(JSON.stringify(body));
          expect(events.length + errors.length).toBe(Array.isArray(body) ? body.length : 1);
          for (const event of events) {
            expect(Number.isInteger(event.timestamp)).toBe(true);
            if (event.fieldsText) expect(JSON.parse(event.fieldsText)).toEqual(event.fields);
            expect(`${event.message}${event.service}${event.fieldsText}`).not.toContain('\0');
          }
        } catch (error) {
          if (!isPulseError(error) || error.status !== 400) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of bytes that are no JSON is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          if (!isPulseError(error) || error.status !== 400) throw error;
        }
      }),
    );
  });
});
