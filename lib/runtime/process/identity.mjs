import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive } from './is-alive.mjs';

// Plain JavaScript with types in comments: the launcher uses it before anything is compiled.

/** Alive, but somebody else's, and the system does not say since when. */
const SOMETHING = 'unknown';

/** Where a process id means what it means here: this machine since its last start, this container. */
export const HERE = hereOf();

function hereOf() {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // A sandbox may hide either; its name is unlike others' as well.
    return hostname();
  }
}

/**
 * When a process began, in the system's own words; null when there is none. With its id this names a process: ids
 * alone are given away again.
 * @param {number} pid
 * @returns {string | null}
 */
export function startOf(pid) {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return isAlive(pid) ? SOMETHING : null;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    // `ps` fails where there is no such process.
    return null;
  }
}

/**
 * Whether the process that began at `started` still runs.
 * @param {number} pid
 * @param {string} started as `startOf` said
 */
export function isRunning(pid, started) {
  const found = startOf(pid);
  return found !== null && (found === started || found === SOMETHING || started === SOMETHING);
}

/** @param {number} pid */
function startOnLinux(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Gone, or hidden from us.
    return isAlive(pid) ? SOMETHING : null;
  }
  // proc_pid_stat(5): a name in brackets, which may hold anything; then the state is field 3, the start field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19];
}
