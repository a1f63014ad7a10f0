/**
 * The process: one port. Hot paths are answered by plain `node:http`, pages and everything else by Next.js.
 * `--dev` serves the pages from their sources.
 */
import nextEnv from '@next/env';
import { startLocalAgent } from './lib/agent/local';
import { startRecording } from './lib/api/self/record';
import type { Env } from './lib/env';
import { useOwnBuild } from './lib/server/build-folder';
import { claimData } from './lib/server/claim-data';
import { createFront, type Front } from './lib/server/front';
import { createHttpServer, refusalOfHost, takePort } from './lib/server/listen';
import { startListeners } from './lib/server/listeners';
import { addressOf, printProgress, welcome } from './lib/server/notices';
import { closeServer, stopOnSignals } from './lib/server/shutdown';
import { openSecurePort } from './lib/server/tls/secure-port';
import { endUnread } from './lib/server/unread';
import { createUpgrades, type Upgrades } from './lib/server/upgrades';
import { makeRoot, type Root } from './lib/system/root';

const dev = process.argv.includes('--dev');
const dir = process.cwd();

async function main(): Promise<void> {
  const root = openRoot();
  const { settings } = root;
  const unread = endUnread(root.reclaim);
  root.onClose(unread.stop);
  const front = createFront(root);
  const upgrades = createUpgrades(root, dev);
  const server = createHttpServer(front.listener).on('upgrade', upgrades.listener);
  // Before anything else: of two servers started by mistake the second must not touch the first one's data.
  const data = await claimData(settings);
  const port = await takePort(server, settings);
  const url = addressOf(settings.HOST, port);
  const secure = await openSecurePort(root, { http1: server, watch: unread.watch });
  const secureUrl = secure && addressOf(settings.HOST, secure.port, 'https');
  data?.addNote({ url, port });
  if (!dev) useOwnBuild(url);
  console.log(`Pulseboard is starting on ${url}`);

  const starting = root.system();
  const listening = starting.then(() => startListeners(root));
  const stopPrinting = printProgress(root);
  let agent: { close(): void } | undefined;
  const stop = async () => {
    data?.addNote({ state: 'stopping' });
    agent?.close();
    // Nothing more is taken from here on; then the pipeline commits what was.
    const stopListening = root.startup.phase === 'ready' ? await listening : undefined;
    await Promise.all([closeServer(server, root.drain), secure?.close(), stopListening?.()]);
    await root.close();
  };
  stopOnSignals(stop, dev ? 'dev' : 'start');
  const [running] = await Promise.all([starting, openPages(front, upgrades, settings.HOST, port), listening]);
  stopPrinting();
  if (runsLocalAgent(settings)) {
    agent = startLocalAgent({ url, key: root.auth.senders.localKey ?? undefined });
  }
  if (settings.SELF_METRICS === 'on') root.onClose(startRecording(root, port));
  console.log(welcome({ url, secureUrl, location: running.location, env: settings }));
}

function openRoot(): Root {
  nextEnv.loadEnvConfig(dir, dev);
  const root = makeRoot();
  root.runBy('server.ts');
  const refusal = refusalOfHost(root.settings);
  if (refusal) throw new Error(refusal);
  return root;
}

/** On with the embedded database: that is a user's own machine, and its metrics are the first to see. */
function runsLocalAgent({ LOCAL_AGENT, DATABASE_URL }: Env): boolean {
  return (LOCAL_AGENT ?? (DATABASE_URL ? 'off' : 'on')) === 'on';
}

async function openPages(front: Front, upgrades: Upgrades, hostname: string, port: number): Promise<void> {
  // Next.js looks at NODE_ENV when it is loaded, so it is loaded after that is set.
  Object.assign(process.env, { NODE_ENV: dev ? 'development' : 'production' });
  const { default: next } = await import('next');
  const app = next({ dev, dir, hostname, port, httpServer: upgrades.nextsOwn });
  await app.prepare();
  front.openPages(app.getRequestHandler());
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
