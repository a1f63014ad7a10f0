import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

/** Below the ports that systems hand out by themselves, so that nobody is given one between our look and its use. */
const FIRST_PORT = 20_000;
const PORTS_OF_WORKER = 1_000;
let portsTaken = 0;

/** A port nobody listens on at this moment, on loopback; no other worker of this test run is given the same one. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? process.env.TEST_PARALLEL_INDEX ?? 0);
  for (;;) {
    const port = FIRST_PORT + worker * PORTS_OF_WORKER + ((process.pid * 7 + portsTaken++) % PORTS_OF_WORKER);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Tries `check` until it does not throw. Rejects with its last error after `ms`. */
export async function until<T>(check: () => T | Promise<T>, ms = 30_000, pauseMs = 20): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Starts a program whose output goes nowhere; it ends with this process at the latest. */
export function start(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore', env });
  endWithUs(child);
  return child;
}

/** Ends the child with this process at the latest, however the test runner ends it. */
export function endWithUs(child: ChildProcess): void {
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

// The runner ends a worker with SIGTERM, which by itself would leave out what is to be done on exit.
if (process.env.VITEST_POOL_ID) process.once('SIGTERM', () => process.exit(143));

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once('exit', resolve));
  }
}
