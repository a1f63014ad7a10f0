import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOptions, LoadResult, LoadRun } from './load';

export interface Generator {
  readonly pid: number;
  run(plan: LoadRun): Promise<LoadResult>;
  close(): void;
}

/** Starts the load generator's process and its connections. */
export async function startGenerator(options: LoadOptions): Promise<Generator> {
  const program = fileURLToPath(new URL('./bench-load.js', import.meta.url));
  const child = fork(program, [JSON.stringify(options)]);
  await messageFrom(child);
  return {
    pid: child.pid ?? 0,
    async run(plan) {
      const answer = messageFrom(child);
      child.send(plan);
      return (await answer) as LoadResult;
    },
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

async function messageFrom(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('The load generator ended before its time.');
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}
