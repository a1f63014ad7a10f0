import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matcher, MatchOperator } from './labels';
import { formatSelector, parseSelector } from './selector';

const matcher = (label: string, operator: MatchOperator, value: string): Matcher => ({
  label,
  operator,
  value,
});

describe('parseSelector', () => {
  it('reads the four operators', () => {
    expect(parseSelector('{env="prod",host=~"web-.*",region!="us",rack!~"a|b"}')).toEqual([
      matcher('env', '=', 'prod'),
      matcher('host', '=~', 'web-.*'),
      matcher('region', '!=', 'us'),
      matcher('rack', '!~', 'a|b'),
    ]);
  });

  it.each(['', '  ', '{}', ' { } '])('reads %j as everything', (text) => {
    expect(parseSelector(text)).toEqual([]);
  });

  it('allows spaces, a last comma and the three kinds of quotes', () => {
    expect(parseSelector('{ a = "1" , b=\'2\', c=`\\d+`, }')).toEqual([
      matcher('a', '=', '1'),
      matcher('b', '=', '2'),
      matcher('c', '=', '\\d+'),
    ]);
  });

  it('reads escapes as Go does', () => {
    expect(parseSelector(String.raw`{a="\"\\\n\t\x41\u00e9\U0001F600\101"}`)).toEqual([
      matcher('a', '=', '"\\\n\tAé😀A'),
    ]);
  });

  it.each([
    ['env="prod"', 'expected "{" at position 1'],
    ['{', 'expected a label name at position 2'],
    ['{env}', 'expected one of = != =~ !~ at position 5'],
    ['{env=}', 'expected a quoted value at position 6'],
    ['{env="prod}', 'expected a closing " at position 12, found its end'],
    ['{env="prod"', 'expected "," or "}" at position 12, found its end'],
    ['{env="a" host="b"}', 'expected "," or "}" at position 10'],
    ['{,}', 'expected a label name at position 2'],
    ['{a="1"} x', 'expected the end of the selector at position 9'],
    ['{1a="x"}', 'expected a label name at position 2'],
    ['{host=~"web-\\d"}', 'expected an escape'],
    ['{a="\\uZZZZ"}', 'expected an escape'],
    ['{a="\\U00110000"}', 'expected an escape'],
    [`{a="${'x'.repeat(8_000)}"}`, 'at most 8000 characters'],
    [`{${'a="b",'.repeat(65)}}`, 'at most 64 matchers'],
  ])('says what is wrong with %.40s', (text, message) => {
    expect(() => parseSelector(text)).toThrow(
      expect.objectContaining({ code: 'bad_parameter', message: expect.stringContaining(message) }),
    );
  });

  it('reads back what formatSelector writes', () => {
    const anyMatcher = fc.record({
      label: fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/),
      operator: fc.constantFrom<MatchOperator>('=', '!=', '=~', '!~'),
      value: fc.string({ unit: 'binary', maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(anyMatcher, { maxLength: 5 }), (matchers) => {
        expect(parseSelector(formatSelector(matchers))).toEqual(matchers);
      }),
    );
  });

  it('throws nothing but bad_parameter, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}a=!~"\\x1,`\' ') }), (text) => {
        try {
          parseSelector(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad_parameter' });
        }
      }),
    );
  });
});
