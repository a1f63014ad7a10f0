import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBuildFresh, ROOT } from './freshness.mjs';
import { buildVisibly } from './launch.mjs';

// `npm test` runs everything; `npm test -- lib/read` the unit tests that match, `npm test -- e2e/fleet` the browser
// tests that match. Ends with one line: N passed, N failed, N skipped.

const args = process.argv.slice(2);
const isBrowserRun = args.some((arg) => arg.startsWith('e2e'));
const folder = mkdtempSync(join(tmpdir(), 'pulseboard-test-'));

const total = { passed: 0, failed: 0, skipped: 0 };
try {
  if (!isBuildFresh()) await buildVisibly();
  if (!isBrowserRun) add(await runVitest(args));
  if (isBrowserRun || args.length === 0) add(await runPlaywright(args.filter((arg) => arg !== 'e2e')));
} catch (error) {
  console.error(error);
  total.failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** @param {string[]} args */
async function runVitest(args) {
  const report = join(folder, 'vitest.json');
  const cli = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(cli, ['run', ...reporters, ...args]);
  return count(code, report, (result) => ({
    passed: result.numPassedTests,
    failed: result.numFailedTests,
    skipped: result.numPendingTests + result.numTodoTests,
  }));
}

/** @param {string[]} args */
async function runPlaywright(args) {
  const { findOrFetchChromium, HOW_TO_GET_CHROMIUM } = await import('./chromium.mjs');
  if (!findOrFetchChromium()) {
    console.error(HOW_TO_GET_CHROMIUM);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = join(folder, 'playwright.json');
  const cli = join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
  const code = await run(cli, ['test', '--reporter=list,json', ...args], {
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  });
  return count(code, report, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}

/**
 * What a runner's own report says. A run that failed without a failed test (a file that does not load, a crash) counts
 * as one failure: it must not look like success.
 */
function count(code, report, read) {
  const counted = existsSync(report)
    ? read(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && counted.failed === 0) counted.failed = 1;
  return counted;
}

function add({ passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

/** Runs a Node program with this terminal and resolves with its exit code. */
function run(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, [program, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1));
  });
}
