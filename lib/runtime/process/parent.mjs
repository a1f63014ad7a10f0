import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isRunning, startOf } from './identity.mjs';

// Plain JavaScript with types in comments: the launcher uses it before anything is compiled.

const LOOK_EVERY_MS = 500;
/** A hang-up reaches a whole process group, in no certain order. */
const HANG_UP_MS = 2_000;
/** Whether the terminal was closed, and that was to be outlived. */
let hasOutlivedHangUp = false;
const SHELL = /^(|ba|da|z|a|k)sh$|^busybox$/;

/**
 * What runs this process as one of our npm scripts, noted now: npm, and a shell between if there is one. Empty when it
 * was started in another way, by systemd, in a container, from a shell: then it may outlive the process that started
 * it.
 * @param {string} script as in package.json
 */
function runners(script) {
  const { npm_lifecycle_event: event, npm_package_name: name } = process.env;
  if (event !== script || name !== 'pulseboard' || process.platform === 'win32') return [];
  const parent = described(process.ppid);
  if (!parent || parent.pid <= 1) return [];
  const isShell = SHELL.test(basename(parent.program).replace(/^-/, ''));
  const above = isShell && parent.parent > 1 ? described(parent.parent) : null;
  return above ? [parent, above] : [parent];
}

/**
 * Calls `onGone` once when the npm that runs this script is gone. npm passes SIGTERM and SIGINT on to what it runs, and
 * nothing else: when it is killed, or its terminal is closed, what it runs goes on.
 * @param {string} script
 * @param {() => void} onGone
 * @returns {() => void} the off-switch
 */
export function watchRunner(script, onGone) {
  const watched = runners(script);
  if (watched.length === 0) return () => {};
  isToOutliveHangUp();
  const isGone = () =>
    process.ppid !== watched[0].pid || watched.some(({ pid, started }) => !isRunning(pid, started));
  let goneAt = 0;
  const timer = setInterval(() => {
    if (!isGone()) return;
    goneAt ||= performance.now();
    // What ended npm may be what this process is meant to survive.
    if (isToOutliveHangUp() && performance.now() - goneAt < HANG_UP_MS) return;
    clearInterval(timer);
    if (!hasOutlivedHangUp) onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Whether npm runs this process as that script: then Ctrl-C comes twice, from the terminal and from npm.
 * @param {string} script
 */
export function isRunByNpm(script) {
  return runners(script).length > 0;
}

/**
 * Calls `onHangUp` when the terminal is closed, unless `nohup` was to prevent just that.
 * @param {() => void} onHangUp
 */
export function onHangUp(onHangUp) {
  isToOutliveHangUp();
  process.on('SIGHUP', () => {
    if (isToOutliveHangUp()) hasOutlivedHangUp = true;
    else onHangUp();
  });
}

/** @type {boolean | undefined} */
let toldToOutlive;

/**
 * Whether this was started with `nohup`. What that does to the signal Node.js undoes at its start, so what is left is
 * the variable in which a shell names the command it starts: here, or in npm's environment.
 */
function isToOutliveHangUp() {
  toldToOutlive ??= [process.env._ ?? '', commandOf(process.ppid)].some((path) => basename(path) === 'nohup');
  return toldToOutlive;
}

/** @param {number} pid */
function commandOf(pid) {
  try {
    return /(?:^|\0)_=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? '';
  } catch {
    // Not Linux, or not ours to read.
    return '';
  }
}

/** @param {number} pid */
function described(pid) {
  const started = startOf(pid);
  if (started === null) return null;
  if (process.platform !== 'linux') {
    const [parent, program] = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+(.*)/);
    return { pid, started, parent: Number(parent), program: program ?? '' };
  }
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const program = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return { pid, started, parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), program };
}
