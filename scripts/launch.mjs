import { chdir } from 'node:process';
import { isBuildFresh, missingPackages, ROOT } from './freshness.mjs';

/**
 * Builds if there is no fresh build, then becomes the server: same process, so signals and the exit code are its own.
 */
export async function launch() {
  const missing = missingPackages();
  if (missing.length > 0) {
    return refuse(`These packages are not installed: ${listed(missing)}. Type: npm ci`);
  }
  chdir(ROOT);
  process.env.NODE_ENV = 'production';
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  try {
    if (!isBuildFresh()) {
      await refuseIfTaken();
      await buildVisibly();
    }
  } catch (error) {
    return refuse(
      error.code === 'ERR_MODULE_NOT_FOUND'
        ? 'Building needs the development packages. Type: npm ci --include=dev'
        : error.message,
    );
  }
  process.setSourceMapsEnabled(true);
  await import('../dist/server.js');
}

/**
 * A server that would refuse to start beside another one says so before it builds for a minute. The server itself looks
 * again, and locks.
 * @throws {Error} that says whose the data is
 */
async function refuseIfTaken() {
  const { default: nextEnv } = await import('@next/env');
  const { dataLock, isStopping, sayTaken } = await import('../lib/runtime/process/data-folder.mjs');
  const { holderOf } = await import('../lib/runtime/process/lock.mjs');
  nextEnv.loadEnvConfig(ROOT, false);
  const { DATABASE_URL, DATA_DIR = '.pulseboard' } = process.env;
  const holder = DATABASE_URL ? null : holderOf(dataLock(DATA_DIR));
  if (holder && !isStopping(holder)) throw new Error(sayTaken(DATA_DIR, holder));
}

/** Builds, with a word about the time it takes and a sign of life. */
export async function buildVisibly() {
  const { build } = await import('./build.mjs');
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
  console.log('Building Pulseboard: once for these sources, about a minute …');
  const show = process.stdout.isTTY
    ? setInterval(() => process.stdout.write(`\r  ${seconds()} s `), 1_000)
    : setInterval(() => console.log(`  still building, ${seconds()} s`), 10_000);
  try {
    await build({ quiet: true });
  } finally {
    clearInterval(show);
    if (process.stdout.isTTY) process.stdout.write('\r');
  }
  console.log(`Built in ${seconds()} s.`);
}

/** @param {string} sentence */
function refuse(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}

/** @param {string[]} names */
function listed(names) {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
