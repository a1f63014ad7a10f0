import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { childEnv } from '../lib/runtime/process/child-env.mjs';
import { takeLock } from '../lib/runtime/process/lock.mjs';
import { watchRunner } from '../lib/runtime/process/parent.mjs';
import { BUILDS, beginDraft, DRAFT, dropDraft, publishDraft, removeOldBuilds } from './builds.mjs';
import { bundle } from './bundle.mjs';
import { hashSources, isBuildFresh, ROOT, stampBuild } from './freshness.mjs';

/** How long compilers need to notice that whoever started them is gone. */
const NOTICE_MS = 1_000;
const GIVE_UP_MS = 5_000;

/**
 * Builds pages and programs, in a folder of their own: servers go on with the build they run from, and a build that
 * fails or is interrupted leaves the one before as it was. Waits for another process that builds.
 * @param {{ quiet: boolean }} options quiet: what the build says is shown only if it fails
 * @throws {Error} with the reason in a sentence; details have been printed by then
 */
export async function build({ quiet }) {
  mkdirSync(BUILDS, { recursive: true });
  let hasWaited = false;
  const lock = await takeLock(join(BUILDS, 'lock'), {
    mayWait: () => true,
    onWait({ pid }) {
      hasWaited = true;
      console.log(`Process ${pid} is building; waiting for it.`);
    },
  });
  try {
    if (hasWaited && isBuildFresh()) return;
    await untilInterrupted((signal) => buildDraft(quiet, signal));
    removeOldBuilds();
  } finally {
    lock.release();
  }
}

/** @param {boolean} quiet @param {AbortSignal} signal */
async function buildDraft(quiet, signal) {
  if (existsSync(DRAFT)) await sleep(NOTICE_MS);
  const hash = hashSources();
  const declarations = keepDeclarations();
  try {
    beginDraft();
    // Both are waited for, or the one that is left would go on writing.
    const parts = await Promise.allSettled([buildPages(quiet, signal), bundle(join(DRAFT, 'dist'))]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    stampBuild(hash, join(DRAFT, 'dist'));
    publishDraft();
  } catch (error) {
    if (error.code === 'ENOSPC')
      throw new Error(`The disk of ${BUILDS} is full: free some space and start again.`);
    throw error;
  } finally {
    dropDraft();
    declarations.restore();
  }
}

/** @param {boolean} quiet @param {AbortSignal} signal */
async function buildPages(quiet, signal) {
  const next = join(ROOT, 'node_modules', 'next', 'dist', 'bin', 'next');
  const preload = pathToFileURL(join(ROOT, 'scripts', 'end-with-builder.mjs')).href;
  const child = spawn(process.execPath, ['--import', preload, next, 'build'], {
    cwd: ROOT,
    env: childEnv({
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PAGES_FOLDER: relative(ROOT, join(DRAFT, 'next')),
      BUILDER: String(process.pid),
    }),
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    // Ctrl-C comes to us alone, who wait for its end before we clear up.
    detached: process.platform !== 'win32',
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => (said += text));
  const end = () => endGroup(child);
  signal.addEventListener('abort', end);
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  signal.throwIfAborted();
  if (code === 0) return;
  process.stderr.write(`${said}\n`);
  throw new Error('The pages could not be built; what the compiler said is above.');
}

/** @param {import('node:child_process').ChildProcess} child */
function endGroup(child) {
  const end = (signal) => {
    try {
      if (process.platform === 'win32') child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  end('SIGTERM');
  setTimeout(end, GIVE_UP_MS, 'SIGKILL').unref();
}

/**
 * Runs `work`, which is stopped by a signal, or by the end of the npm that runs us.
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
async function untilInterrupted(work) {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new Error('The build was interrupted; the one before is as it was.'));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  const unwatch = watchRunner(process.env.npm_lifecycle_event ?? '', interrupt);
  try {
    await work(interruption.signal);
  } finally {
    unwatch();
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** Next.js writes down for editors where the types of the pages are; those of a draft are not there for long. */
function keepDeclarations() {
  const file = join(ROOT, 'next-env.d.ts');
  return {
    restore() {
      if (!existsSync(file)) return;
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replaceAll('./.build/draft/next/', './.next/'));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build({ quiet: false });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
