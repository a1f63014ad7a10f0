import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulseboard-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `npm start`'s program to its end, in a checkout. */
async function start(
  checkout: string,
  { env = {}, nodeArgs = [] }: { env?: Record<string, string>; nodeArgs?: string[] } = {},
) {
  const child = spawn(process.execPath, [...nodeArgs, 'scripts/start.mjs'], {
    cwd: checkout,
    env: { ...process.env, LOCAL_AGENT: 'off', DATABASE_URL: '', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('the start says in one sentence', () => {
  it('that Node.js is too old', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.8.1' } })`;
    const { code, output } = await start('.', {
      nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
    });
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^Pulseboard needs Node\.js 20\.9 or newer; this is v.+\.$/);
  });

  it('that packages are not installed', async () => {
    cpSync('scripts', join(folder, 'scripts'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    const { code, output } = await start(folder);
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^These packages are not installed: .+ more\. Type: npm ci$/);
  });

  it('that the data folder cannot be used', async () => {
    const file = join(folder, 'data');
    writeFileSync(file, 'not a folder');
    const { code, output } = await start('.', { env: { PORT: '0', DATA_DIR: file } });
    expect(code).toBe(1);
    expect(output).toContain(file);
    expect(output).not.toMatch(/^\s+at /m);
  });
});

describe('a build', () => {
  /** The freshness of a small checkout of its own. */
  async function checkout() {
    const files = [
      'app/page.tsx',
      'lib/model.ts',
      'package-lock.json',
      'docs/a.md',
      'lib/model.test.ts',
      'e2e/a.spec.ts',
    ];
    for (const file of files) write(file, 'first');
    write('.next/BUILD_ID', 'id');
    cpSync('scripts/freshness.mjs', join(folder, 'scripts/freshness.mjs'));
    const freshness: typeof import('./freshness.mjs') = await import(
      pathToFileURL(join(folder, 'scripts/freshness.mjs')).href
    );
    return freshness;
  }

  function write(file: string, text: string) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  it('is fresh until what it was made from changes', async () => {
    const { hashSources, isBuildFresh, stampBuild } = await checkout();
    expect(isBuildFresh()).toBe(false);
    for (const file of ['app/page.tsx', 'lib/new.ts', 'package-lock.json']) {
      stampBuild(hashSources());
      expect(isBuildFresh()).toBe(true);
      write(file, 'second');
      expect(isBuildFresh(), file).toBe(false);
    }
  });

  it('stays fresh when tests or words change', async () => {
    const { hashSources, isBuildFresh, stampBuild } = await checkout();
    stampBuild(hashSources());
    for (const file of ['docs/a.md', 'README.md', 'lib/model.test.ts', 'e2e/a.spec.ts'])
      write(file, 'second');
    expect(isBuildFresh()).toBe(true);
  });

  it('is not fresh without its pages', async () => {
    const { hashSources, isBuildFresh, stampBuild } = await checkout();
    stampBuild(hashSources());
    rmSync(join(folder, '.next'), { recursive: true });
    expect(isBuildFresh()).toBe(false);
  });
});
