import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MINUTE, SECOND } from '../model/time/duration';
import { childEnv } from '../runtime/process/child-env.mjs';

const FIRST_RESTART_MS = SECOND;
const LONGEST_RESTART_MS = MINUTE;

/**
 * Runs the agent for this machine as a child process, so that reading it never delays a request. Started again when it
 * dies; it ends with this process in any case, because the channel between them breaks.
 */
export function startLocalAgent({ url, key }: { url: string; key?: string }): { close(): void } {
  let child: ChildProcess | null = null;
  let restart: NodeJS.Timeout | undefined;
  let waitMs = FIRST_RESTART_MS;

  function start(): void {
    const startedAt = Date.now();
    child = fork(agentProgram(), ['--url', url], {
      env: childEnv(key === undefined ? {} : { PULSEBOARD_KEY: key }),
      // Its errors go to our log; stdout is for people.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('error', (error) => console.error(`The local agent could not be started: ${error.message}`));
    child.on('exit', () => {
      if (Date.now() - startedAt > LONGEST_RESTART_MS) waitMs = FIRST_RESTART_MS;
      restart = setTimeout(start, waitMs);
      restart.unref();
      waitMs = Math.min(LONGEST_RESTART_MS, waitMs * 2);
    });
  }

  start();
  return {
    close() {
      child?.removeAllListeners('exit');
      clearTimeout(restart);
      child?.kill('SIGTERM');
    },
  };
}

/**
 * The agent beside the bundle this runs in; from sources (`npm run dev`) its source, which the same loader compiles.
 */
function agentProgram(): string {
  const isBundled = import.meta.url.endsWith('.js');
  return fileURLToPath(new URL(isBundled ? './agent.js' : '../../scripts/agent.ts', import.meta.url));
}
