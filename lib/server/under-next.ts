import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { dirname } from 'node:path';
import { errorResponse } from '../api/http';
import { startRecording } from '../api/self/record';
import type { Env } from '../env';
import { isLoopbackHost } from '../env/loopback';
import { PulseError } from '../model/errors';
import { useBuild } from '../runtime/process/in-use.mjs';
import { makeRoot, type Root } from '../system/root';
import { createFront } from './front';
import { mayBeReached } from './listen';
import { startListeners } from './listeners';
import { addressOf } from './notices';
import { sendPlain } from './send';
import { endUnread } from './unread';
import { answerOddRequests, createUpgrades, refuseUpgrade } from './upgrades';

/**
 * Start-up under plain `next start`. Next.js keeps signals, connections and the exit to itself; what it does not
 * know is that open streams have to be ended first, or it waits for them, and who may ask for what.
 */
export function startUnderNext(): void {
  const root = makeRoot();
  if (root.runBy('next') !== 'next') return;
  endUnread(root.reclaim);
  const { HOST, PORT } = root.settings;
  // As next.config.ts has chosen it.
  const { PAGES_FOLDER } = process.env;
  if (PAGES_FOLDER) useBuild(dirname(PAGES_FOLDER), addressOf(HOST, PORT));
  standBeforeNext(root);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => root.drain.abort());
  startParts(root).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}

async function startParts(root: Root): Promise<void> {
  await root.system();
  const { SELF_METRICS, PORT } = root.settings;
  if (SELF_METRICS === 'on') startRecording(root, PORT);
  const stopListening = await startListeners(root);
  const { signal } = root.drain;
  if (signal.aborted) await stopListening();
  else signal.addEventListener('abort', stopListening);
}

/**
 * Next.js makes its server itself and shows it to nobody. Node tells of every request before it is handled, with the
 * server it is for: at the first one our front takes the place of Next.js' listener, and calls it for what may pass.
 */
function standBeforeNext(root: Root): void {
  const known = new WeakSet<Server>();
  subscribe('http.server.request.start', (message) => {
    const { server } = message as { server: Server };
    if (known.has(server)) return;
    known.add(server);
    const nexts = server.listeners('request') as RequestListener[];
    const front = createFront(root, { routesOfNext: true });
    front.openPages(async (request, response) => {
      for (const listener of nexts) await listener(request, response);
    });
    const upgrades = createUpgrades(root, false);
    server.removeAllListeners('request').on('request', (request, response) => {
      const refusal = refusalOfReach(request, root.settings);
      if (refusal) sendPlain(request, response, errorResponse(refusal), root.drain.signal);
      else front.listener(request, response);
    });
    server.removeAllListeners('upgrade').on('upgrade', (request, socket, head) => {
      const refusal = refusalOfReach(request, root.settings);
      if (refusal) refuseUpgrade(socket, refusal);
      else upgrades.listener(request, socket, head);
    });
    answerOddRequests(server);
  });
}

/** `next start` listens where it is told on its command line, or everywhere: nobody has looked whether it may. */
function refusalOfReach({ socket }: IncomingMessage, settings: Env): PulseError | null {
  const own = socket.localAddress?.replace(/^::ffff:/, '') ?? '';
  if (isLoopbackHost(own) || mayBeReached(settings)) return null;
  const message = 'Without INGEST_KEYS and DASHBOARD_PASSWORD only this machine is answered.';
  return new PulseError('forbidden', message);
}
