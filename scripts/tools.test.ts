import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test/support/postgres';
import { type ServerProcess, startServer } from '../test/support/server-process';

const HISTORY = 'test/data/nab/ec2_cpu_utilization_24ae8d.csv';

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer('server.ts', { DATABASE_URL: database.url, RETENTION_RAW: '30d' });
});
afterAll(async () => {
  await server?.stop();
  await database?.drop();
});

/** Runs one of the tools to its end, as `npm run` does. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, ['scripts/run.mjs', ...args, '--url', server.url]);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

async function ask(path: string) {
  const answer = await fetch(server.url + path);
  return answer.json();
}

/** How many samples of a metric the server has, by its own answer. */
async function countOf(metric: string, match = '{}'): Promise<number> {
  const range = `start=now-40d&end=now&step=day&aggregate=count&match=${encodeURIComponent(match)}`;
  const { series } = await ask(`/api/metrics/${metric}?${range}`);
  const points: number[][] = series.flatMap(({ points }: { points: number[][] }) => points);
  return points.reduce((sum, [, count]) => sum + count, 0);
}

describe('the importer', () => {
  const lines = readFileSync(HISTORY, 'utf8').trim().split('\n').slice(1);
  const options = ['--metric', 'imported_cpu_percent', '--label', 'host=web-1', '--unit', 'percent'];

  it('loads a file, moved to the present, every row once however often it is loaded', async () => {
    const end = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
    const first = await run('import', HISTORY, ...options, '--align-end', end);
    expect(first.output).toContain(
      `${lines.length} samples accepted (0 of them were there already), 0 rejected.`,
    );
    expect(first.code).toBe(0);
    expect(await countOf('imported_cpu_percent', '{host="web-1"}')).toBe(lines.length);

    const again = await run('import', HISTORY, ...options, '--align-end', end);
    expect(again.output).toContain(`(${lines.length} of them were there already)`);
    expect(await countOf('imported_cpu_percent')).toBe(lines.length);

    const { metrics } = await ask('/api/metrics?search=imported_cpu');
    expect(metrics).toMatchObject([
      { name: 'imported_cpu_percent', unit: 'percent', series: 1, labels: ['host'] },
    ]);
  });

  it('says what to set when the samples are too old', async () => {
    const { code, output } = await run('import', HISTORY, '--metric', 'too_old_percent');
    expect(code).toBe(1);
    expect(output).toContain(`0 samples accepted (0 of them were there already), ${lines.length} rejected.`);
    expect(output).toContain('too_old:');
    const days = Number(/RETENTION_RAW=(\d+)d/.exec(output)?.[1]);
    const oldest = Date.parse(`${lines[0].split(',')[0].replace(' ', 'T')}Z`);
    expect(days * 86_400_000).toBeGreaterThan(Date.now() - oldest);
  });

  it('says so when there is no such file', async () => {
    const { code, output } = await run('import', 'nowhere.csv', '--metric', 'x');
    expect(code).toBe(1);
    expect(output).toContain('nowhere.csv');
    expect(output).not.toMatch(/^\s+at /m);
  });
});

describe('the simulator', () => {
  it('posts what it says it posts: a past first, then the present', async () => {
    const { code, output } = await run(
      'simulate',
      ...['--servers', '20', '--metrics', '3', '--seed', '5', '--backfill', '10m', '--duration', '2s'],
    );
    expect(code).toBe(0);
    const past = Number(/History: (\d+) samples accepted/.exec(output)?.[1]);
    const [, posts, present, failed] =
      /In \d+ s: (\d+) posts, .* (\d+) accepted, .* (\d+) posts failed/.exec(output) ?? [];
    expect(past).toBeGreaterThan(0);
    expect(Number(posts)).toBeGreaterThan(0);
    expect(failed).toBe('0');
    expect(await countOf('cpu_usage_percent')).toBe((past + Number(present)) / 3);
  });
});

describe('a tool called wrongly', () => {
  it.each([
    [['simulate', '--servers', 'many'], '--servers many should be a whole number'],
    [['simulate', '--interval', 'often'], '--interval often should be a duration'],
    [['simulate', '--colour', 'red'], 'npm run simulate -- [options]'],
    [['agent', '--label', 'region'], '--label region should look like region=eu'],
    [['import', '--metric', 'x'], 'Name one file to import.'],
    [['import', HISTORY, '--metric', '1 2'], '--metric should be a metric name'],
    [
      ['import', HISTORY, '--metric', 'x', '--value-column', 'v'],
      'it has: timestamp, value. Choose one with --value-column.',
    ],
  ])('%s', async (args, sentence) => {
    const { code, output } = await run(...args);
    expect(code).toBe(1);
    expect(output).toContain(sentence);
    expect(output).not.toMatch(/^\s+at /m);
  });
});
