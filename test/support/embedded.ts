import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endWithUs } from './processes';

/** The pid of the PostgreSQL server that wrote `postmaster.pid` in this data folder. */
export function postmasterPid(folder: string): number {
  return Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
}

/** Kills a process and all its children, at once and without a warning. */
export function killTree(pid: number): void {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const children = processes.filter(([, parent]) => parent === pid).map(([child]) => child);
  for (const victim of [pid, ...children]) kill(victim);
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process runs; one that has ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat='], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** Somebody who was just killed may still be writing. */
const GOES_ON = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

/** A path for `DATA_DIR` that does not exist yet, and what removes everything in it. */
export function dataDir(name = 'pulseboard-data'): { path: string; remove(): Promise<void> } {
  const path = join(tmpdir(), `${name}-${randomUUID()}`);
  return { path, remove: () => rm(path, GOES_ON) };
}

export interface Writer {
  child: ChildProcess;
  /** The database's data folder. */
  folder: string;
  /** Sample numbers that were acknowledged so far. */
  acknowledged: Set<number>;
  ended: Promise<void>;
}

/** The settings that name a server's database: a data folder, or a database's URL. */
export function placeSettings(place: string): { DATA_DIR: string } | { DATABASE_URL: string } {
  return /^postgres:/.test(place) ? { DATABASE_URL: place } : { DATA_DIR: place };
}

/** Starts `store-writer.ts` on a data folder or a database's URL, and resolves when it writes. */
export async function startWriter(place: string, firstNumber = 0): Promise<Writer> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'test/support/store-writer.ts', place, String(firstNumber)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  endWithUs(child);
  const acknowledged = new Set<number>();
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const folder = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word, first, count] = line.split(' ');
      if (word === 'ready') resolve(first);
      else for (let n = 0; n < Number(count); n++) acknowledged.add(Number(first) + n);
    });
    void ended.then(() => reject(new Error(`the writer ended: ${complaints.join('\n')}`)));
  });
  return { child, folder, acknowledged, ended };
}
