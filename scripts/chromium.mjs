import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';
import { ROOT } from './freshness.mjs';

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** @returns {string | null} path of a Chromium that runs: Playwright's own, or one of the system's */
export function findChromium() {
  const onPath = SYSTEM_NAMES.flatMap((name) => folders().map((folder) => join(folder, name)));
  return [chromium.executablePath(), ...onPath, ...MAC_PATHS].find(runs) ?? null;
}

/**
 * Finds a Chromium or fetches one: the distribution's where this process may install packages, else Playwright's.
 * @returns {string | null} its path; null when nothing worked
 */
export function findOrFetchChromium() {
  return findChromium() ?? fetchFromDebian() ?? fetchFromPlaywright();
}

export const HOW_TO_GET_CHROMIUM =
  'The browser tests need a Chromium and none could be installed. Type one of these, then `npm test` again:\n' +
  '  npx playwright install --with-deps chromium\n' +
  '  sudo apt-get install chromium';

function fetchFromDebian() {
  if (process.getuid?.() !== 0 || !answers('apt-get')) return null;
  console.log('Installing Chromium with apt-get …');
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update'], quiet);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium', 'fonts-liberation'], quiet);
  return findChromium();
}

function fetchFromPlaywright() {
  console.log('Fetching Chromium with `npx playwright install chromium` …');
  const cli = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
  const dependencies = process.getuid?.() === 0 ? ['--with-deps'] : [];
  spawnSync(process.execPath, [cli, 'install', ...dependencies, 'chromium'], { stdio: 'inherit' });
  return findChromium();
}

function folders() {
  return (process.env.PATH ?? '').split(delimiter);
}

/** @param {string} path being there is not enough: Ubuntu's is a stub that only offers to install */
function runs(path) {
  return existsSync(path) && answers(path);
}

/** @param {string} program */
function answers(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
