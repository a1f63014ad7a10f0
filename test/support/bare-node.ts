/**
 * A node without pages, for tests that run several and kill them: the same start, the same front on plain
 * `node:http`, and the route handlers themselves where Next.js would call them. A third of the memory, and no build.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { POST as unknown } from '@/app/api/[[...unknown]]/route';
import { GET as events } from '@/app/api/events/route';
import { GET as fleet } from '@/app/api/fleet/route';
import { GET as health } from '@/app/api/health/route';
import { GET as history } from '@/app/api/metrics/[...name]/route';
import { GET as figures } from '@/app/api/prometheus/route';
import { GET as ready } from '@/app/api/ready/route';
import { GET as targets } from '@/app/api/targets/route';
import { GET as ping } from '@/app/ping/route';
import { createFront } from '@/lib/server/front';
import { createHttpServer, refusalOfHost, takePort } from '@/lib/server/listen';
import { startListeners } from '@/lib/server/listeners';
import { closeServer, stopOnSignals } from '@/lib/server/shutdown';
import { createUpgrades } from '@/lib/server/upgrades';
import { makeRoot } from '@/lib/system/root';

type Route = (request: Request) => Promise<Response>;

const ROUTES: Array<[path: RegExp, route: Route]> = [
  [/^\/api\/metrics\/./, history],
  [/^\/api\/ready$/, ready],
  [/^\/api\/health$/, health],
  [/^\/api\/events$/, events],
  [/^\/api\/fleet$/, fleet],
  [/^\/api\/targets$/, targets],
  [/^\/api\/prometheus$/, figures],
  [/^\/ping$/, ping],
  [/^\/api\//, unknown],
];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const route = ROUTES.find(([path]) => path.test(pathname))?.[1];
  if (!route) return void response.writeHead(404).end();
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const { method } = request;
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(request);
  const init = { method, headers, body, duplex: 'half' } as RequestInit;
  const found = await route(new Request(`http://localhost${request.url}`, init));
  const bytes = Buffer.from(await found.arrayBuffer());
  response.writeHead(found.status, Object.fromEntries(found.headers)).end(bytes);
}

const root = makeRoot();
const refusal = refusalOfHost(root.settings);
if (refusal) throw new Error(refusal);
// Where Next.js runs by itself its route handlers take what is posted, too.
const front = createFront(root, { routesOfNext: process.env.ROUTES_OF_NEXT === 'on' });
front.openPages(answer);
const upgrades = createUpgrades(root, false);
const server = createHttpServer(front.listener).on('upgrade', upgrades.listener);
await takePort(server, root.settings);
const listening = root.system().then(() => startListeners(root));
stopOnSignals(async () => {
  const stopListening = root.startup.phase === 'ready' ? await listening : undefined;
  await Promise.all([closeServer(server, root.drain), stopListening?.()]);
  await root.close();
});
await listening;
