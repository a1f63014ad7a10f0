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
 * empty values are defaults.
 *
 * @throws PulseError `bad_parameter` naming the parameter, also one that does not exist.
 */
export function readParameters<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  source: ParameterSource,
): z.output<z.ZodObject<Shape>> {
  const result = schema.safeParse(asTexts(source));
  if (result.success) return result.data;
  const details = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? {
          parameter: issue.keys[0],
          message: `is not a parameter; there are ${Object.keys(schema.shape).join(', ')}`,
        }
      : { parameter: String(issue.path[0]), message: issue.message },
  );
  throw new PulseError('bad_parameter', `${details[0].parameter} ${details[0].message}.`, { details });
}

function asTexts(source: ParameterSource): Record<string, string> {
  const entries = source instanceof URLSearchParams ? [...source] : Object.entries(source);
  const texts = new Map<string, string>();
  for (const [name, value] of entries) {
    if (value === undefined || value === null || value === '') continue;
    const text = Array.isArray(value) ? value.map((item) => asText(name, item)).join() : asText(name, value);
    const before = texts.get(name);
    texts.set(name, before === undefined ? text : `${before},${text}`);
  }
  return Object.fromEntries(texts);
}

function asText(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new PulseError('bad_parameter', `${name} must be text or a number.`);
}
