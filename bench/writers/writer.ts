import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endWithUs } from '../../test/support/processes';

export const SERIES = 80_000;
export const BATCH = 10_000;
export const IN_FLIGHT = 2;

export interface WriterOptions {
  url: string;
  /** Of the first samples, epoch ms. */
  start: number;
  /** Which of the writers this one is. */
  index: number;
  of: number;
  dealt: boolean;
}

/** A process of its own that appends, on these cores. */
export async function startWriter(options: WriterOptions, cpus: string) {
  const program = join(import.meta.dirname, 'bench-writer-process.js');
  const child: ChildProcess = spawn(
    'taskset',
    ['-c', cpus, process.execPath, program, JSON.stringify(options)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, LOG_LEVEL: 'warn' } },
  );
  endWithUs(child);
  await once(child, 'message');
  return {
    /** Appends its share of one sample of every series. @returns how many those were. */
    async append(turn: number): Promise<number> {
      child.send(turn);
      const [stored] = await once(child, 'message');
      return stored;
    },
    async close(): Promise<void> {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
