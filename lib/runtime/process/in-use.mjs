import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, startOf } from './identity.mjs';

// Plain JavaScript with types in comments: the launcher uses it before anything is compiled.

const FOLDER = 'in-use';
/** Errors of a build that this user cannot write to: no process of this user removes it either. */
const NOT_OURS = ['EACCES', 'EPERM', 'EROFS'];

/** @typedef {{ pid: number, started: string, url: string }} User */

/**
 * Notes in a build that this process runs from it, so that it is not removed until the process has ended.
 * @param {string} build the build's folder
 * @param {string} url where the process can be reached
 */
export function useBuild(build, url) {
  const folder = join(build, FOLDER);
  const file = join(folder, String(process.pid));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, JSON.stringify({ pid: process.pid, started: startOf(process.pid), url }));
  } catch (error) {
    if (NOT_OURS.includes(error.code)) return;
    throw error;
  }
  process.once('exit', () => rmSync(file, { force: true }));
}

/**
 * The processes that run from a build.
 * @param {string} build
 * @returns {User[]}
 */
export function usersOf(build) {
  return namesIn(join(build, FOLDER)).flatMap((name) => {
    const user = read(join(build, FOLDER, name));
    return user && isRunning(user.pid, user.started) ? [user] : [];
  });
}

/** @param {string} folder @returns {string[]} */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch (error) {
    // Not a folder, or nobody has used it.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  }
}

/** @param {string} file @returns {User | null} */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Gone in this moment, or half-written by a process that was killed.
    return null;
  }
}
