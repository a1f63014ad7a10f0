import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { usersOf } from '../lib/runtime/process/in-use.mjs';
import { ROOT } from './freshness.mjs';

/**
 * Builds, each in a folder of its own that nothing writes to any more: `.build/<when>/next` (pages) and
 * `.build/<when>/dist` (programs). `.build/current` points to the latest, `dist` to its programs.
 */
export const BUILDS = join(ROOT, '.build');
/** The build under way. It is moved when it is done, to the same depth: it finds packages by their relative path. */
export const DRAFT = join(BUILDS, 'draft');
const CURRENT = join(BUILDS, 'current');
/** What the compiler remembers from one build to the next. */
const MEMORY = join(BUILDS, 'cache');
const MEMORY_IN_DRAFT = join(DRAFT, 'next', 'cache');
const NAME = /^\d{17}$/;

/** Makes an empty draft, with what the compiler remembers. What a killed build has left goes. */
export function beginDraft() {
  rmSync(DRAFT, { recursive: true, force: true });
  mkdirSync(join(DRAFT, 'next'), { recursive: true });
  if (existsSync(MEMORY)) renameSync(MEMORY, MEMORY_IN_DRAFT);
}

/** Makes the draft the latest build, in one step. */
export function publishDraft() {
  if (existsSync(MEMORY_IN_DRAFT)) renameSync(MEMORY_IN_DRAFT, MEMORY);
  const name = new Date().toISOString().replaceAll(/\D/g, '');
  renameSync(DRAFT, join(BUILDS, name));
  pointTo(name, CURRENT);
  if (linkAt(join(ROOT, 'dist')) === null) rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  pointTo(join('.build', 'current', 'dist'), join(ROOT, 'dist'));
  // Where whoever knows Next.js looks whether there is a build.
  mkdirSync(join(ROOT, '.next'), { recursive: true });
  copyFileSync(join(CURRENT, 'next', 'BUILD_ID'), join(ROOT, '.next', 'BUILD_ID'));
}

export function dropDraft() {
  rmSync(DRAFT, { recursive: true, force: true });
}

/** Removes the builds that nobody runs any more. The one before the latest stays: somebody may be starting from it. */
export function removeOldBuilds() {
  const names = readdirSync(BUILDS).filter((name) => NAME.test(name));
  const latest = linkAt(CURRENT);
  for (const name of names.sort().slice(0, -2)) {
    if (name !== latest && usersOf(join(BUILDS, name)).length === 0)
      rmSync(join(BUILDS, name), { recursive: true, force: true });
  }
}

/**
 * Has a link point to a folder: whoever follows it finds what it pointed to before, or this.
 * @param {string} target from where the link is
 * @param {string} link
 */
function pointTo(target, link) {
  if (linkAt(link) === target) return;
  // Windows has links to folders that need no special rights, absolute ones, and replaces none.
  if (process.platform === 'win32') {
    rmSync(link, { recursive: true, force: true });
    symlinkSync(join(link, '..', target), link, 'junction');
    return;
  }
  const draft = `${link}.${process.pid}`;
  rmSync(draft, { force: true });
  symlinkSync(target, draft);
  renameSync(draft, link);
}

/** Where a link points to; null when it is none. @param {string} path */
function linkAt(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null;
}
