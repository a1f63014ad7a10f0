import { drain } from '../drain';
import { env } from '../env';
import { once } from '../once';
import { startRecording } from '../self/record';
import { system } from '../system';
import { endUnread } from './unread';

export type Host = 'server.ts' | 'next';

/** Says who runs this process; the first to say so does the starting and stopping. */
export function claimProcess(host: Host): boolean {
  return once('server.host', () => host) === host;
}

/**
 * Start-up under plain `next start`. Next.js keeps signals, connections and the exit to itself; what it does not
 * know is that open streams have to be ended first, or it waits for them.
 */
export function startUnderNext(): void {
  if (!claimProcess('next')) return;
  endUnread();
  env();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => drain().abort());
  system().then(
    ({ env: { SELF_METRICS, PORT }, pipeline }) => {
      if (SELF_METRICS === 'on') startRecording(pipeline, PORT);
    },
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
