import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { isAlive } from '@/test/support/embedded';
import { until } from '@/test/support/processes';
import { IngestSink } from '../../test/support/ingest-sink';

const sink = new IngestSink();
let folder: string;
let parent: ChildProcess | null = null;

/** Bundled as the build bundles it, below the project so that packages are found. */
beforeAll(async () => {
  mkdirSync('dist', { recursive: true });
  folder = mkdtempSync(join('dist', 'local-agent-'));
  await build({
    entryPoints: { agent: 'scripts/agent.ts', local: 'lib/agent/local.ts' },
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const program = `import { startLocalAgent } from './local.js';
    const agent = startLocalAgent({ url: process.argv[2] });
    process.on('message', () => { agent.close(); process.disconnect(); });`;
  writeFileSync(join(folder, 'parent.js'), program);
  await sink.open();
});

afterEach(() => parent?.kill('SIGKILL'));
afterAll(async () => {
  await sink.close();
  rmSync(folder, { recursive: true, force: true });
});

function startParent(): ChildProcess {
  parent = fork(join(folder, 'parent.js'), [sink.url]);
  return parent;
}

/** The agent's process id, once there is another than `before`: the only child of its parent. */
function agentOf({ pid }: ChildProcess, before = 0): Promise<number> {
  return until(() => {
    const agent = Number(execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }));
    expect(agent).not.toBe(before);
    return agent;
  });
}

async function nextArrival(): Promise<void> {
  const before = sink.batches.length;
  await until(() => expect(sink.batches.length).toBeGreaterThan(before));
}

it('posts in a process of its own, which is started again when it dies and ends when its parent is killed', async () => {
  const server = startParent();
  await nextArrival();
  const first = await agentOf(server);
  process.kill(first, 'SIGKILL');
  const second = await agentOf(server, first);
  await nextArrival();

  server.kill('SIGKILL');
  await until(() => expect(isAlive(second)).toBe(false));
});

it('ends when it is closed, and lets its parent end', async () => {
  const server = startParent();
  await nextArrival();
  const agent = await agentOf(server);
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.send('close');
  expect(await ended).toBe(0);
  await until(() => expect(isAlive(agent)).toBe(false));
});
