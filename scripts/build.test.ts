import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../test/support/embedded';
import { ended, endWithUs, until } from '../test/support/processes';
import { PROGRAMS } from './bundle.mjs';

/**
 * Stands in for the compiler of pages, in a checkout of its own: notes that it was started, waits until the test says how
 * to end, and has a worker, as the real one has.
 */
const COMPILER = `
  import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
  import { spawn } from 'node:child_process';
  const worker = spawn(process.execPath, [...process.execArgv, '-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  appendFileSync('docs/compilers', process.pid + ' ' + worker.pid + '\\n');
  writeFileSync(process.env.PAGES_FOLDER + '/half', 'a page');
  const timer = setInterval(() => {
    if (!existsSync('docs/go')) return;
    clearInterval(timer);
    const code = Number(readFileSync('docs/go', 'utf8'));
    if (code === 0) writeFileSync(process.env.PAGES_FOLDER + '/BUILD_ID', readFileSync('app/page.tsx', 'utf8'));
    worker.kill();
    process.exit(code);
  }, 20);`;

let folder: string;
const path = (...names: string[]) => join(folder, ...names);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pulseboard-build-')));
  for (const copied of ['scripts', 'lib/runtime/process', 'package.json'])
    cpSync(copied, path(copied), { recursive: true });
  for (const source of Object.values(PROGRAMS)) write(source, 'console.log("program")');
  write('app/page.tsx', 'first');
  write('docs/go', '0');
  write('node_modules/next/dist/bin/next', COMPILER);
  write('node_modules/next/package.json', '{"type":"module"}');
  symlinkSync(realpathSync('node_modules/esbuild'), path('node_modules/esbuild'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string) {
  mkdirSync(dirname(path(file)), { recursive: true });
  writeFileSync(path(file), text);
}

function startBuild(): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['scripts/build.mjs'], { cwd: folder });
  endWithUs(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output };
}

async function build(): Promise<number | null> {
  const { child } = startBuild();
  await ended(child);
  return child.exitCode;
}

/** Processes of compilers and their workers that were started so far. */
function compilers(): number[] {
  if (!existsSync(path('docs/compilers'))) return [];
  return readFileSync(path('docs/compilers'), 'utf8').trim().split(/\s+/).map(Number);
}
const untilCompiling = (count: number) => until(() => expect(compilers()).toHaveLength(count * 2));
const builds = () => readdirSync(path('.build')).filter((name) => /^\d+$/.test(name));
const latest = () => realpathSync(path('.build/current'));
const pages = (built = latest()) => readFileSync(join(built, 'next/BUILD_ID'), 'utf8');
async function isFresh(): Promise<boolean> {
  const program = `import(${JSON.stringify(pathToFileURL(path('scripts/freshness.mjs')).href)}).then((it) => console.log(it.isBuildFresh()))`;
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim() === 'true';
}

function contents(built: string): Map<string, string> {
  const files = readdirSync(built, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name), 'utf8'),
    ]),
  );
}

test('a build has a folder of its own; those that servers run from stay as they are', async () => {
  expect(await build()).toBe(0);
  expect([pages(), await isFresh(), existsSync(path('dist/server.js'))]).toEqual(['first', true, true]);
  const first = latest();
  const program = `const { useBuild } = await import(${JSON.stringify(pathToFileURL(path('lib/runtime/process/in-use.mjs')).href)});
    useBuild(${JSON.stringify(first)}, 'http://127.0.0.1:3000'); console.log('in use'); setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', program]);
  endWithUs(server);
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const before = contents(first);
  for (const text of ['second', 'third', 'fourth']) {
    write('app/page.tsx', text);
    expect(await isFresh()).toBe(false);
    expect(await build()).toBe(0);
    expect([pages(), await isFresh()]).toEqual([text, true]);
    expect(contents(first)).toEqual(before);
  }
  expect(builds()).toHaveLength(3);
  server.kill('SIGKILL');
  await ended(server);
  expect(await build()).toBe(0);
  expect(builds()).toHaveLength(2);
  expect(existsSync(first)).toBe(false);
});

test('a build that fails leaves the one before, which is as good as it was', async () => {
  await build();
  const before = contents(latest());
  write('docs/go', '1');
  write('app/page.tsx', 'wrong');
  expect(await build()).toBe(1);
  expect([await isFresh(), contents(latest()), builds()]).toEqual([false, before, [latest().slice(-17)]]);
  write('app/page.tsx', 'first');
  expect(await isFresh()).toBe(true);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  'a build that is ended with %s leaves the one before, and nobody behind',
  async (signal) => {
    await build();
    const before = contents(latest());
    rmSync(path('docs/go'));
    write('app/page.tsx', 'second');
    const { child, output } = startBuild();
    await untilCompiling(2);
    child.kill(signal);
    if (signal !== 'SIGKILL') child.kill(signal);
    await ended(child);
    if (signal !== 'SIGKILL') {
      expect([child.exitCode, output()]).toEqual([1, expect.stringContaining('The build was interrupted')]);
      expect(existsSync(path('.build/draft'))).toBe(false);
    }
    await until(() => expect(compilers().filter(isAlive)).toEqual([]));
    expect([await isFresh(), contents(latest())]).toEqual([false, before]);
    write('docs/go', '0');
    expect(await build()).toBe(0);
    expect([pages(), existsSync(path('.build/draft'))]).toEqual(['second', false]);
  },
);

test('of two that build at once the second waits, and says for whom', async () => {
  rmSync(path('docs/go'));
  const first = startBuild();
  await untilCompiling(1);
  const second = startBuild();
  await until(() =>
    expect(second.output()).toContain(`Process ${first.child.pid} is building; waiting for it.`),
  );
  write('docs/go', '0');
  await Promise.all([ended(first.child), ended(second.child)]);
  expect([first.child.exitCode, second.child.exitCode, compilers().length]).toEqual([0, 0, 2]);
  expect(pages()).toBe('first');
});

test('the folders that the version before built into are taken over', async () => {
  write('dist/server.js', 'old');
  write('.next/BUILD_ID', 'old');
  write('.next/server/page.js', 'old');
  expect(await build()).toBe(0);
  expect(readFileSync(path('dist/server.js'), 'utf8')).toContain('program');
  expect([pages(), await isFresh(), readFileSync(path('.next/server/page.js'), 'utf8')]).toEqual([
    'first',
    true,
    'old',
  ]);
});
