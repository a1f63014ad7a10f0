import { describe, expect, it } from 'vitest';
import { compileMatchers } from './matchers';
import { parseSelector } from './selector';

const test = (selector: string) => compileMatchers(parseSelector(selector));

describe('compileMatchers', () => {
  it.each([
    ['{}', {}, true],
    ['{env="prod"}', { env: 'prod' }, true],
    ['{env="prod"}', { env: 'production' }, false],
    ['{env="prod"}', {}, false],
    ['{env!="prod"}', {}, true],
    ['{env=""}', {}, true],
    ['{env!=""}', { env: 'x' }, true],
    ['{env!=""}', {}, false],
    ['{host=~"web-.*"}', { host: 'web-1' }, true],
    ['{host=~"web"}', { host: 'web-1' }, false],
    ['{host=~"eb-1"}', { host: 'web-1' }, false],
    ['{host=~"a|web-1"}', { host: 'web-1' }, true],
    ['{host=~"a|b.c"}', { host: 'bxc' }, true],
    [String.raw`{host=~"a|b\\.c"}`, { host: 'bxc' }, false],
    [String.raw`{host=~"a|b\\.c"}`, { host: 'b.c' }, true],
    ['{host=~".*"}', {}, true],
    ['{host=~".+"}', {}, false],
    ['{host=~"a|"}', {}, true],
    ['{host!~"web-.*"}', { host: 'db-1' }, true],
    ['{host!~"web-.*"}', {}, true],
    ['{host=~"(?i)WEB-[0-9]+"}', { host: 'web-12' }, true],
    ['{host=~"a.b"}', { host: 'a\nb' }, true],
    ['{host=~"^web$"}', { host: 'web' }, true],
    ['{host=~"é+"}', { host: 'éé' }, true],
    ['{env="prod",host=~"web-.*"}', { env: 'prod', host: 'db' }, false],
    ['{toString=""}', {}, true],
  ])('%s on %j is %s', (selector, labels, expected) => {
    expect(test(selector)(labels)).toBe(expected);
  });

  it.each([
    ['{__name__="cpu"}', 'cpu', true],
    ['{__name__="cpu"}', 'mem', false],
    ['{__name__!="cpu"}', 'mem', true],
    ['{__name__=~"c.*",env="prod"}', 'cpu', true],
    ['{__name__!~"c.*"}', 'cpu', false],
    ['{__name__=""}', 'cpu', false],
  ])('%s of %s is %s', (selector, metric, expected) => {
    // A label of that name is not what is meant.
    expect(test(selector)({ env: 'prod', __name__: 'other' }, metric)).toBe(expected);
  });

  it.each(['{a=~"("}', '{a=~"(?=x)"}', '{a=~"[z-a]"}', '{a=~"x{2000}"}', '{a=~"((x{99}){99}){9}"}'])(
    'refuses the expression of %s',
    (selector) => {
      expect(() => test(selector)).toThrow(
        expect.objectContaining({
          code: 'bad_parameter',
          message: expect.stringContaining('expression for a'),
        }),
      );
    },
  );

  it('is not hung by what hangs a backtracking engine', () => {
    expect(test('{a=~"(a+)+b"}')({ a: 'a'.repeat(256) })).toBe(false);
    expect(test('{a=~"(.*)*x"}')({ a: 'a'.repeat(256) })).toBe(false);
  });

  it('stops when the expressions have used up their time', () => {
    let now = 0;
    const matches = compileMatchers(parseSelector('{a=~"x.*"}'), { budgetMs: 10, clock: () => now++ });
    const tryAll = () => {
      for (let i = 0; i < 100; i++) matches({ a: `x${i}` });
    };
    expect(tryAll).toThrow(expect.objectContaining({ code: 'too_expensive' }));
  });

  it('tries each distinct value once', () => {
    let calls = 0;
    const matches = compileMatchers(parseSelector('{a=~"x.*"}'), { clock: () => calls++ });
    for (let i = 0; i < 100; i++) expect(matches({ a: 'xyz' })).toBe(true);
    expect(calls).toBe(2);
  });
});
