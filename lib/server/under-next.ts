import { subscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, type RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorResponse } from '../api/http';
import { startRecording } from '../api/self/record';
import type { Env } from '../env';
import { isLoopbackHost } from '../env/loopback';
import { PulseError } from '../model/errors';
import { log } from '../observe/log';
import { useBuild } from '../runtime/process/in-use.mjs';
import { makeRoot, type Root } from '../system/root';
import type { Pipeline } from '../write/pipeline';
import { createFront } from './front';
import { mayBeReached } from './listen';
import { startListeners } from './listeners';
import { addressOf } from './notices';
import { refuseUpgrade } from './refuse-upgrade';
import { sendPlain } from './send';
import { FINISH_MS } from './shutdown';
import { endUnread } from './unread';
import { answerProtocolErrors, createUpgrades } from './upgrades';

/** The commit queue is looked at this often while its end is waited for. */
const LOOK_MS = 20;

/**
 * Start-up under plain `next start`, which calls this when it already listens. Connections and the exit stay with
 * Next.js; it knows nothing of open streams, listeners or access rules.
 */
export function startUnderNext(): void {
  const root = makeRoot();
  if (root.runBy('next') !== 'next') return;
  root.onClose(endUnread(root.reclaim).stop);
  const { HOST, PORT, TLS_CERT } = root.settings;
  if (TLS_CERT) log().warn('TLS_CERT is set, but there is no TLS under next start; npm start has it');
  // As next.config.ts has chosen it.
  const { PAGES_FOLDER } = process.env;
  if (PAGES_FOLDER) useBuild(dirname(PAGES_FOLDER), addressOf(HOST, PORT));
  standBeforeNext(root);
  const started = startParts(root);
  stopBeforeNext(root, async () => (await started)());
  started.then(
    () => console.log(`Pulseboard is ready on port ${PORT}.`),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}

/** @returns the off-switch, which resolves when listeners take nothing more and what they took is committed. */
async function startParts(root: Root): Promise<() => Promise<void>> {
  const { pipeline } = await root.system();
  const { SELF_METRICS, PORT } = root.settings;
  if (SELF_METRICS === 'on') root.onClose(startRecording(root, PORT));
  const stopListening = await startListeners(root);
  return async () => {
    if (!stopListening) return;
    await stopListening();
    await untilCommitted(pipeline);
  };
}

/** Waits for the commit queue to be empty, but not for long: requests that are still answered fill it, too. */
async function untilCommitted(pipeline: Pick<Pipeline, 'figures'>): Promise<void> {
  const deadline = performance.now() + FINISH_MS;
  const isBusy = () => pipeline.figures.rowsWaiting + pipeline.figures.rowsInFlight > 0;
  while (isBusy() && performance.now() < deadline) await sleep(LOOK_MS);
}

/**
 * Next.js ends the process as soon as its own connections are closed. So a signal first ends the streams and stops the
 * listeners beside its port, and is handed to Next.js when that is done.
 */
function stopBeforeNext(root: Root, stop: () => Promise<void>): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    const nexts = process.listeners(name);
    process.removeAllListeners(name).on(name, async () => {
      if (root.drain.signal.aborted) return;
      root.drain.abort();
      // What is still starting ends with the process: it may wait for a database that never comes.
      if (root.startup.phase === 'ready') await stop();
      for (const listener of nexts) listener(name);
    });
  }
}

/**
 * Next.js makes its server itself and does not give access to it. Node publishes every new connection and request, with
 * the server it belongs to, before anything of it is handled: at the first one our front takes the place of Next.js'
 * listeners, and calls them for what may pass. Requests that arrive before that are answered by Next.js alone.
 */
function standBeforeNext(root: Root): void {
  const { PORT: port } = root.settings;
  const known = new WeakSet<Server>();
  const stand = (server: Server) => {
    if (known.has(server)) return;
    known.add(server);
    takePlaceOf(server, root);
  };
  // An upgrade is no request to Node, so the first of those is seen as a connection only.
  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket & { server?: unknown } };
    if (socket.localPort === port && socket.server instanceof Server) stand(socket.server);
  });
  subscribe('http.server.request.start', (message) => {
    const { request, server } = message as { request: IncomingMessage; server: Server };
    if (request.socket.localPort === port) stand(server);
  });
}

function takePlaceOf(server: Server, root: Root): void {
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
  answerProtocolErrors(server);
}

/** `next start` listens on the host of its command line, or on all of them, without the check of `refusalOfHost`. */
function refusalOfReach({ socket }: IncomingMessage, settings: Env): PulseError | null {
  const own = socket.localAddress?.replace(/^::ffff:/, '') ?? '';
  if (isLoopbackHost(own) || mayBeReached(settings)) return null;
  const message = 'Without INGEST_KEYS and DASHBOARD_PASSWORD only this machine is answered.';
  return new PulseError('forbidden', message);
}
