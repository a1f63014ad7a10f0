import { expect, test } from 'vitest';
import { z } from 'zod';
import { contentTypeFor } from './content-type';
import { jsonEndpoint } from './json';

const { contentTypes } = jsonEndpoint;

test('a content type picks its decoder', () => {
  for (const type of [
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/x-ndjson;charset="UTF-8"',
  ]) {
    expect(contentTypeFor(type, contentTypes), type).toBeTypeOf('object');
  }
  for (const type of [
    undefined,
    '',
    'text/plain',
    'application/json; charset=latin1',
    '__proto__',
    'application/jsonx',
  ]) {
    expect(() => contentTypeFor(type, contentTypes), type).toThrow(
      expect.objectContaining({ code: 'unsupported_content_type' }),
    );
  }
});

test('an endpoint may take a body of any type', () => {
  const any = { schema: z.string(), decode: () => ({ whole: () => ({ samples: [], errors: [] }) }) };
  const some = { ...any };
  const either = { '*': any, 'application/x-some': some };
  for (const type of [undefined, '', 'text/plain', 'application/x-www-form-urlencoded', 'constructor'])
    expect(contentTypeFor(type, either), type).toBe(any);
  expect(contentTypeFor('application/x-some; v=2', either)).toBe(some);
});
