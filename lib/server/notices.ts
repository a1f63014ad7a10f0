import type { Env } from '../env';
import type { Root, Startup } from '../system/root';

const LOOK_EVERY_MS = 50;

/** Prints what the start is waiting for, a line each; returns the off-switch. */
export function printProgress(root: Pick<Root, 'startup'>): () => void {
  // That it is starting has just been printed.
  let last = reasonOf(root.startup);
  const timer = setInterval(() => {
    const reason = reasonOf(root.startup);
    if (reason === null || reason === last) return;
    last = reason;
    console.log(`  ${reason}`);
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function reasonOf(state: Startup): string | null {
  return state.phase === 'starting' ? state.reason : null;
}

export interface Welcome {
  url: string;
  /** The one with TLS. */
  secureUrl?: string | null;
  location: string;
  env: Env;
}

/** Where to look, how to send a first sample, and where the data lies. */
export function welcome({ url, secureUrl, location, env }: Welcome): string {
  const key = env.INGEST_KEYS.length > 0 ? `-H 'authorization: Bearer YOUR_KEY' ` : '';
  const sample = `{"name":"coffee_cups","value":1,"labels":{"host":"desk"}}`;
  return [
    '',
    `Pulseboard  ${url}`,
    ...(secureUrl ? [`With TLS    ${secureUrl}`] : []),
    `Data        ${location}`,
    `Post one    curl ${url}/api/metrics ${key}-H 'content-type: application/json' -d '${sample}'`,
    '',
  ].join('\n');
}

/** The address to type into a browser. */
export function addressOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
