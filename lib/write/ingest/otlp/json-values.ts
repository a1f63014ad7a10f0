import { PulseError } from '../../../model/errors';

/** A message as JSON: an object whose fields may be left out. */
export type Message = Readonly<Record<string, unknown>>;

export function messageOf(value: unknown, name: string): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object');
  return value as Message;
}

export function messagesIn(message: Message, name: string): Message[] {
  return listIn(message, name).map((each) => messageOf(each, name));
}

export function textIn(message: Message, name: string): string {
  const value = message[name] ?? '';
  if (typeof value !== 'string') throw wrong(name, 'a string');
  return value;
}

/** A number, or one in a string: integers of 64 bits are, and what is no number. Undefined where there is none. */
export function numberIn(message: Message, name: string): number | undefined {
  const value = message[name];
  return value === undefined || value === null ? undefined : toNumber(value, name);
}

export function numbersIn(message: Message, name: string): number[] {
  return listIn(message, name).map((each) => toNumber(each, name));
}

/** Nanoseconds as whole milliseconds, rounded down; 0 where there are none. */
export function nanosecondsIn(message: Message, name: string): number {
  const value = message[name] ?? 0;
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return Number(value.slice(0, -6));
  // As a number it is up to 128 ns away.
  if (typeof value === 'number' && value >= 0) return Math.floor(Math.round(value / 1e3) / 1e3);
  throw wrong(name, 'nanoseconds, as a string of digits');
}

function listIn(message: Message, name: string): readonly unknown[] {
  const value = message[name] ?? [];
  if (!Array.isArray(value)) throw wrong(name, 'an array');
  return value;
}

const NUMBER = /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NO_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function toNumber(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    if (NUMBER.test(value)) return Number(value);
    if (Object.hasOwn(NO_NUMBERS, value)) return NO_NUMBERS[value];
  }
  throw wrong(name, 'a number');
}

function wrong(name: string, what: string): PulseError {
  return new PulseError('bad_shape', `${name} must be ${what}.`, { details: [{ path: name }] });
}
