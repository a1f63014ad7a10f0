import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../../scripts/node-flags.mjs';

export interface BenchServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** From the start of the process to the first answer of `/api/ready` that was 200, ms. */
  readonly readyAfterMs: number;
  /** Stops it in order and starts it again on the same data; resolves when it is ready. */
  restart(): Promise<BenchServer>;
  close(): Promise<void>;
}

/**
 * Starts the built server on a free port with an embedded database of its own, in a folder that goes with it. What it
 * has to say is shown when it does not start.
 */
export async function startServer(environment: Record<string, string> = {}): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pulseboard-bench-'));
  // Root's database runs as another user, who must be able to enter.
  await chmod(dataDir, 0o711);
  return startOn(dataDir, environment);
}

async function startOn(dataDir: string, environment: Record<string, string>): Promise<BenchServer> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...SERVER_FLAGS, 'dist/server.js'], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: '',
      DATA_DIR: dataDir,
      LOCAL_AGENT: 'off',
      SELF_METRICS: 'off',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit');

  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };

  let url: string | undefined;
  while (!url || !(await isReady(url))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The server did not start:\n${said}`);
    url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    dataDir,
    readyAfterMs: performance.now() - startedAt,
    async restart() {
      await stop();
      return startOn(dataDir, environment);
    },
    async close() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/ready`)).ok;
  } catch {
    return false;
  }
}
