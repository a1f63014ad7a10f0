import { randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HERE, isRunning, startOf } from './identity.mjs';

// Plain JavaScript with types in comments: the launcher uses it before anything is compiled.

/** How often a holder gives a sign of life. */
const SIGN_MS = 1_000;
/** A holder whose process cannot be looked up from here is dead when it has given no sign of life for so long. */
const SILENCE_MS = 15_000;
const LOOK_AGAIN_MS = 100;
/** Taking a lock is instant: a process that has not finished after this long was killed in between. */
const TAKING_MS = 3_000;

/** Ids of the locks that this process holds. */
const HELD = new Set();

/**
 * Who has a lock. `note` is for others to read.
 * @typedef {{ pid: number, started: string, place: string, id: string, note: Record<string, string | number> }} Holder
 */

/** Somebody else has the lock: another process, or another part of this one. */
export class LockHeld extends Error {
  /** @param {string} file @param {Holder} holder */
  constructor(file, holder) {
    super(`${file} is held by process ${holder.pid}`);
    this.holder = holder;
  }
}

/**
 * A lock among processes, in a file. It ends with its process, however that ends: a holder is known by its process id
 * together with when that process began, and one in another container or on another machine by the signs of life it
 * gives in the file. A lock with this process's id that this process did not take is of a dead one.
 */
export class Lock {
  /** @type {NodeJS.Timeout} */ #signs;
  #isLost = false;
  #onExit = () => this.release();

  /** @param {string} file @param {Holder} holder @param {() => void} onLost */
  constructor(file, holder, onLost) {
    this.file = file;
    this.holder = holder;
    this.onLost = onLost;
    this.#signs = setInterval(() => this.#showLife(), SIGN_MS);
    this.#signs.unref();
    process.once('exit', this.#onExit);
  }

  /** @param {Holder['note']} note */
  addNote(note) {
    this.holder.note = { ...this.holder.note, ...note };
    if (!this.#isLost) write(this.file, this.holder);
  }

  /** Twice is fine. */
  release() {
    clearInterval(this.#signs);
    process.off('exit', this.#onExit);
    HELD.delete(this.holder.id);
    if (this.#isLost) return;
    this.#isLost = true;
    if (readLock(this.file)?.id === this.holder.id) rmSync(this.file, { force: true });
  }

  #showLife() {
    try {
      const found = readLock(this.file);
      if (found && found.id !== this.holder.id) {
        this.#isLost = true;
        clearInterval(this.#signs);
        this.onLost();
      } else if (found) {
        const now = new Date();
        utimesSync(this.file, now, now);
      } else write(this.file, this.holder);
    } catch {
      // The disk does not work now. Others on this machine still find this process running.
    }
  }
}

/**
 * Takes the lock, or waits for it.
 * @param {string} file
 * @param {object} [options]
 * @param {Holder['note']} [options.note]
 * @param {(holder: Holder) => boolean} [options.mayWait] whether to wait for this holder; called again and again
 * @param {(holder: Holder) => void} [options.onWait] called once, when it begins to wait
 * @param {() => void} [options.onLost] somebody else has taken the lock although this process lives
 * @returns {Promise<Lock>}
 * @throws {LockHeld} when somebody else has it and is not waited for
 */
export async function takeLock(
  file,
  { note = {}, mayWait = () => false, onWait = () => {}, onLost = () => {} } = {},
) {
  const mine = {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    place: HERE,
    id: randomBytes(8).toString('hex'),
    note,
  };
  const stateOf = createLivenessCheck(file);
  for (let isFirst = true; ; isFirst = false) {
    const other = await alone(file, () => {
      const holder = readLock(file);
      const state = holder ? stateOf(holder) : 'dead';
      if (holder && state !== 'dead') return { holder, state };
      write(file, mine);
      HELD.add(mine.id);
      return null;
    });
    if (!other) return new Lock(file, mine, onLost);
    if (other.state === 'alive' && !mayWait(other.holder)) throw new LockHeld(file, other.holder);
    if (isFirst) onWait(other.holder);
    await sleep(LOOK_AGAIN_MS);
  }
}

/**
 * The living holder of a lock, or null. One that cannot be looked up from here counts as alive.
 * @param {string} file
 * @returns {Holder | null}
 */
export function holderOf(file) {
  const found = readLock(file);
  return found && !isDeadHere(found) ? found : null;
}

/** @param {Holder} holder */
function isDeadHere(holder) {
  if (holder.place !== HERE) return false;
  if (holder.pid === process.pid) return !HELD.has(holder.id);
  return !isRunning(holder.pid, holder.started);
}

/**
 * Classifies holders, those elsewhere by whether they go on giving signs of life.
 * @param {string} file
 * @returns {(holder: Holder) => 'alive' | 'dead' | 'unsure'}
 */
function createLivenessCheck(file) {
  let seen = { sign: '', at: 0 };
  return (holder) => {
    if (holder.place === HERE) return isDeadHere(holder) ? 'dead' : 'alive';
    const sign = `${holder.id} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs}`;
    if (sign === seen.sign) return Date.now() - seen.at > SILENCE_MS ? 'dead' : 'unsure';
    const isFirst = seen.sign === '';
    seen = { sign, at: Date.now() };
    return isFirst ? 'unsure' : 'alive';
  };
}

/**
 * Runs `work`, which does not wait, while no other process runs its own on this file.
 * @template T @param {string} file @param {() => T} work
 */
async function alone(file, work) {
  const taking = `${file}.taking`;
  for (;;) {
    try {
      closeSync(openSync(taking, 'wx', 0o600));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const made = statSync(taking, { throwIfNoEntry: false })?.mtimeMs;
      if (made !== undefined && Math.abs(Date.now() - made) > TAKING_MS) rmSync(taking, { force: true });
      else await sleep(LOOK_AGAIN_MS / 10);
    }
  }
  try {
    return work();
  } finally {
    rmSync(taking, { force: true });
  }
}

/** @param {string} file @returns {Holder | null} */
function readLock(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  return parseHolder(text);
}

/** @param {string} text @returns {Holder | null} */
function parseHolder(text) {
  try {
    const found = JSON.parse(text);
    // An older version wrote the process id alone.
    if (Number.isInteger(found) && found > 0)
      return { pid: found, started: startOf(found) ?? '', place: HERE, id: text, note: {} };
    if (Number.isInteger(found?.pid) && typeof found.place === 'string') return found;
  } catch {
    // Half-written when the machine lost its power: no holder.
  }
  return null;
}

/** Whole or not at all. @param {string} file @param {Holder} holder */
function write(file, holder) {
  const draft = `${file}.${holder.id}`;
  try {
    writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
