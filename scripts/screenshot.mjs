import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from '@playwright/test';
import { findOrFetchChromium, HOW_TO_GET_CHROMIUM } from './chromium.mjs';
import { isBuildFresh, ROOT } from './freshness.mjs';
import { buildVisibly } from './launch.mjs';

// `node scripts/screenshot.mjs`: takes docs/screenshot.png of the built product, with a simulated fleet of 120 servers
// that has three hours behind it and posts while the picture is taken.

const WATCHED_MS = 30_000;

const executablePath = findOrFetchChromium();
if (!executablePath) throw new Error(HOW_TO_GET_CHROMIUM);
if (!isBuildFresh()) await buildVisibly();

const folder = mkdtempSync(join(tmpdir(), 'pulseboard-screenshot-'));
// Root's database runs as another user, who must be able to enter.
chmodSync(folder, 0o711);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const env = { ...process.env, PORT: String(port), DATA_DIR: folder, DATABASE_URL: '', LOCAL_AGENT: 'off' };
const server = start(['scripts/start.mjs'], env);
while (!(await isReady())) await sleep(200);
const simulator = start(
  [
    'scripts/run.mjs',
    'simulate',
    '--url',
    url,
    '--servers',
    '120',
    '--seed',
    '11',
    '--backfill',
    '3h',
    '--backfill-step',
    '15s',
  ],
  env,
);

const browser = await chromium.launch({
  executablePath,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  while (!(await isPosting())) await sleep(500);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  await page.goto(url);
  await sleep(WATCHED_MS);
  await page.screenshot({ path: join(ROOT, 'docs', 'screenshot.png') });
} finally {
  await browser.close();
  await stop(simulator);
  await stop(server);
  rmSync(folder, { recursive: true, force: true });
}

function start(args, env) {
  return spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
}

function stop(child) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

async function isReady() {
  const answer = await fetch(`${url}/api/ready`).catch(() => null);
  return answer?.ok ?? false;
}

/** Whether the past is loaded and the present has begun. */
async function isPosting() {
  const answer = await fetch(`${url}/api/metrics/cpu_usage_percent?start=now-10s&step=10s&aggregate=count`);
  const { series = [] } = await answer.json();
  return series.some(({ points }) => points.length > 0);
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
