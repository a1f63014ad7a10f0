import { z } from 'zod';
import { PulseError } from '../../model/errors';

export type Reject = (expected: string) => void;

/**
 * A parameter that is text in a URL, with its default. `read` parses the text, and calls `reject` when it is invalid.
 */
export function parameter<T>(fallback: string, read: (text: string, reject: Reject) => T) {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => read(text, (expected) => context.addIssue(expected)));
}

/** A whole number from 1 to `highest`; null where it is not given. */
export function readCount(text: string, highest: number, reject: Reject): number | null {
  if (text === '') return null;
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count < 1 || count > highest)
    reject(`must be a whole number from 1 to ${highest}`);
  return count;
}

/** One of the given words. */
export function oneOf<Word extends string>(words: readonly Word[]) {
  return (text: string, reject: Reject): Word => {
    const found = words.find((word) => word === text);
    if (!found) reject(`must be one of ${words.join(', ')}`);
    return found ?? words[0];
  };
}

export type ParameterSource = URLSearchParams | Readonly<Record<string, unknown>>;

/**
 * Reads parameters from a URL, a page's `searchParams` or a JSON object. Lists may be comma separated or repeated;
 * empty values are defaults. What it returns is shared and not to be changed.
 *
 * @throws PulseError `bad_parameter` naming the parameter, also one that does not exist.
 */
export function readParameters<Shape extends Record<string, z.ZodType>>(
  schema: z.ZodObject<Shape>,
  source: ParameterSource,
): z.output<z.ZodObject<Shape>> {
  const shape: Record<string, z.ZodType> = schema.shape;
  const defaults = defaultsOf(shape);
  const texts = asTexts(source);
  const details: Array<{ parameter: string; message: string }> = [];
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(shape)) {
    const text = texts.get(name);
    if (text === undefined && defaults.has(name)) values[name] = defaults.get(name);
    else {
      const { data, error } = parameter.safeParse(text);
      if (error) details.push(...error.issues.map(({ message }) => ({ parameter: name, message })));
      else values[name] = data;
    }
  }
  for (const name of texts.keys()) {
    if (Object.hasOwn(shape, name)) continue;
    const message = `is not a parameter; there are ${Object.keys(shape).join(', ')}`;
    details.push({ parameter: name, message });
  }
  if (details.length === 0) return values as z.output<z.ZodObject<Shape>>;
  throw new PulseError('bad_parameter', `${details[0].parameter} ${details[0].message}.`, { details });
}

const knownDefaults = new WeakMap<object, ReadonlyMap<string, unknown>>();

/** What parameters are when they are not given. Most questions give a few of many. */
function defaultsOf(shape: Record<string, z.ZodType>): ReadonlyMap<string, unknown> {
  const known = knownDefaults.get(shape);
  if (known) return known;
  const defaults = new Map<string, unknown>();
  for (const [name, parameter] of Object.entries(shape)) {
    const { success, data } = parameter.safeParse(undefined);
    if (success) defaults.set(name, data);
  }
  knownDefaults.set(shape, defaults);
  return defaults;
}

function asTexts(source: ParameterSource): Map<string, string> {
  const entries = source instanceof URLSearchParams ? [...source] : Object.entries(source);
  const texts = new Map<string, string>();
  for (const [name, value] of entries) {
    if (value === undefined || value === null || value === '') continue;
    const text = Array.isArray(value) ? value.map((item) => asText(name, item)).join() : asText(name, value);
    const before = texts.get(name);
    texts.set(name, before === undefined ? text : `${before},${text}`);
  }
  return texts;
}

function asText(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new PulseError('bad_parameter', `${name} must be text or a number.`);
}
