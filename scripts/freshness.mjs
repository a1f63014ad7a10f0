import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The programs of the latest build: what `dist` points to. */
const PROGRAMS = join(ROOT, 'dist');
const STAMP = 'build-stamp';

// What is left out is listed rather than what is in, so that a new folder counts from its first day.
// Scripts and benchmarks are bundled when they are run (see run.mjs), so they do not make a build stale.
const NOT_BUILT = new Set([
  'node_modules',
  'dist',
  'docs',
  'test',
  'e2e',
  'bench',
  'scripts',
  'coverage',
  'test-results',
  'playwright-report',
  'biome.json',
  'vitest.config.ts',
  'playwright.config.ts',
  'drizzle.config.ts',
  'next-env.d.ts',
  'LICENSE',
]);

/** Whether there is a build, and it was made from the sources and packages as they are now. */
export function isBuildFresh() {
  return existsSync(join(ROOT, '.next', 'BUILD_ID')) && readStamp() === hashSources();
}

/**
 * @param {string} hash of the sources the build was made from: taken before it, as they may change meanwhile
 * @param {string} [programs] the folder of its programs
 */
export function stampBuild(hash, programs = PROGRAMS) {
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, STAMP), hash);
}

/** A hash over names and contents of everything the build reads. Some tens of milliseconds. */
export function hashSources() {
  const hash = createHash('sha256');
  for (const file of sourceFiles(ROOT))
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

/** Packages that are not installed, or not in the version this checkout asks for, as `name@version`. */
export function missingPackages() {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return Object.entries(dependencies).flatMap(([name, version]) =>
    installedVersion(name) === version ? [] : [`${name}@${version}`],
  );
}

/** @param {string} name */
function installedVersion(name) {
  const manifest = join(ROOT, 'node_modules', name, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : null;
}

function readStamp() {
  const stamp = join(PROGRAMS, STAMP);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : null;
}

/** @param {string} folder @returns {string[]} */
function sourceFiles(folder) {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !/\.(test\.tsx?|md|log|tsbuildinfo)$/.test(name))
    .filter(({ name }) => folder !== ROOT || !NOT_BUILT.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.isFile() ? [path] : [];
  });
}
