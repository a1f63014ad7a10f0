import { afterAll, describe, expect, it } from 'vitest';
import { until } from '@/test/support/processes';
import { createScheduler } from '@/test/support/scheduler';
import type { Labels } from '../../model/labels';
import { parseSelector } from '../../model/selector';
import { Expressions } from '../../runtime/expressions';
import { Work, type WorkOptions } from '../../runtime/work/work';
import { selectMatching, simpleTest } from './matchers';

const scheduler = createScheduler();
afterAll(() => scheduler.close());

async function select(
  selector: string,
  labelSets: readonly Labels[],
  options: WorkOptions = {},
  metric = { name: 'm' },
) {
  const found: Labels[] = [];
  const items = labelSets.map((labels) => ({ labels, metric }));
  for await (const some of selectMatching(items, parseSelector(selector), new Work(scheduler, options)))
    found.push(...some.map(({ labels }) => labels));
  return found;
}

describe('selectMatching', () => {
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
  ])('%s on %j is %s', async (selector, labels: Labels, expected) => {
    expect(await select(selector, [labels])).toEqual(expected ? [labels] : []);
    const simple = simpleTest(parseSelector(selector));
    if (simple) expect(simple({ labels })).toBe(expected);
  });

  it.each([
    ['{__name__="cpu"}', 'cpu', true],
    ['{__name__="cpu"}', 'mem', false],
    ['{__name__!="cpu"}', 'mem', true],
    ['{__name__=~"c.*",env="prod"}', 'cpu', true],
    ['{__name__!~"c.*"}', 'cpu', false],
    ['{__name__=""}', 'cpu', false],
  ])('%s of %s is %s', async (selector, name, expected) => {
    // A label of that name is not what is meant.
    const labels = { env: 'prod', __name__: 'other' };
    expect(await select(selector, [labels], {}, { name })).toEqual(expected ? [labels] : []);
  });

  it.each(['{a=~"("}', '{a=~"(?=x)"}', '{a=~"[z-a]"}', '{a=~"x{2000}"}', '{a=~"((x{99}){99}){9}"}'])(
    'refuses the expression of %s',
    async (selector) => {
      await expect(select(selector, [])).rejects.toMatchObject({
        code: 'bad_parameter',
        message: expect.stringContaining('expression for a'),
      });
    },
  );

  it('finds what matches among very many, in their order', async () => {
    const labelSets = Array.from({ length: 5_000 }, (_, i) => ({
      i: String(i),
      parity: i % 2 ? 'odd' : 'even',
    }));
    const found = await select('{i=~"[0-9]*7",parity!~"ev.*"}', labelSets);
    expect(found).toEqual(labelSets.filter(({ i }) => i.endsWith('7')));
  });

  it('is not hung by what hangs a backtracking engine', async () => {
    for (const expression of ['(a+)+b', '(.*)*x'])
      expect(await select(`{a=~"${expression}"}`, [{ a: 'a'.repeat(256) }])).toEqual([]);
  });

  it.each([
    ['takes long to try', `(?:a?){1000}{2}`.replace('{2}', '(?:a?){1000}')],
    ['takes long to compile', '.{1000}'.repeat(1_000)],
    ['takes more memory than there is', '((x{10}){10}){10}'.repeat(400)],
  ])(
    'lets the event loop go on while an expression %s, and goes on itself afterwards',
    async (_, expression) => {
      const labelSets = Array.from({ length: 300 }, (_, i) => ({ a: 'a'.repeat(i % 256) + i }));
      let turns = 0;
      const counting = setInterval(() => turns++, 1);
      await select(`{a=~"${expression}"}`, labelSets).catch((error) =>
        expect(['too_expensive', 'bad_parameter']).toContain(error.code),
      );
      clearInterval(counting);
      expect(turns).toBeGreaterThan(10);
      expect(await select('{a=~"x.*"}', [{ a: 'xy' }])).toHaveLength(1);
    },
  );

  it('stops when all expressions of a request have used up their time', async () => {
    const work = { matchBudgetMs: 0 };
    await expect(select('{a=~"x.*"}', [{ a: 'x' }], work)).rejects.toMatchObject({ code: 'too_expensive' });
    expect(await select('{a=~"x|y"}', [{ a: 'x' }], work)).toHaveLength(1);
  });

  it('stops when nobody waits any more', async () => {
    const gone = AbortSignal.abort();
    await expect(select('{a=~"x.*"}', [{ a: 'x' }], { signal: gone })).rejects.toMatchObject({
      code: 'client_closed',
    });
  });
});

describe('Expressions', () => {
  it('has those go first that have had least', async () => {
    const expressions = new Expressions();
    const order: number[] = [];
    const ask = (matchingMs: number) =>
      expressions.match('a.*', ['a'], { matchingMs }).then(() => order.push(matchingMs));
    await Promise.all([ask(5), ask(9), ask(1), ask(3)]);
    expect(order).toEqual([5, 1, 3, 9]);
  });

  it('does not keep the process from ending', async () => {
    await new Expressions().match('a.*', ['a'], { matchingMs: 0 });
    await until(() => expect(process.getActiveResourcesInfo()).not.toContain('Worker'));
  });
});
