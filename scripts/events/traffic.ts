import { MINUTE, SECOND } from '../../lib/model/time/duration';
import { chance, happeningAt } from '../simulate/random';

/** What a service is asked. `share`: of its requests; `medianMs`, and how far times spread around it. */
interface Endpoint {
  path: (id: number) => string;
  share: number;
  medianMs: number;
  spread: number;
}

interface Service {
  name: string;
  share: number;
  endpoints: readonly Endpoint[];
}

const SERVICES: readonly Service[] = [
  {
    name: 'shop',
    share: 0.45,
    endpoints: [
      { path: () => 'GET /', share: 0.4, medianMs: 18, spread: 0.4 },
      { path: (id) => `GET /products/${id}`, share: 0.4, medianMs: 35, spread: 0.5 },
      { path: (id) => `GET /search?q=${id}`, share: 0.2, medianMs: 90, spread: 0.7 },
    ],
  },
  {
    name: 'checkout',
    share: 0.2,
    endpoints: [
      { path: (id) => `POST /carts/${id}/items`, share: 0.6, medianMs: 25, spread: 0.4 },
      { path: () => 'POST /pay', share: 0.4, medianMs: 240, spread: 0.6 },
    ],
  },
  {
    name: 'accounts',
    share: 0.25,
    endpoints: [
      { path: (id) => `GET /users/${id}`, share: 0.7, medianMs: 12, spread: 0.5 },
      { path: () => 'POST /login', share: 0.3, medianMs: 110, spread: 0.3 },
    ],
  },
  { name: 'mailer', share: 0.1, endpoints: [{ path: () => 'send', share: 1, medianMs: 400, spread: 0.8 }] },
];

/** What goes wrong in one service for a while. */
const INCIDENTS = [
  { kind: 'database is slow', slower: 7, failing: 0.04 },
  { kind: 'bad release', slower: 1.2, failing: 0.3 },
  { kind: 'dependency times out', slower: 15, failing: 0.15 },
] as const;
const INCIDENT_TIMES = {
  slotMs: 6 * MINUTE,
  probability: 0.6,
  shortestMs: 45 * SECOND,
  longestMs: 3 * MINUTE,
};

/** Of all requests, on a good day. */
const USUAL_FAILURES = 0.003;
const NOT_FOUND = 0.012;

/** An event as `POST /api/events` takes it. */
export interface SentEvent {
  timestamp: number;
  level: string;
  service: string;
  endpoint: string;
  message: string;
  duration: number;
  status: number;
  host: string;
  traceId: string;
  customer: { plan: string; region: string };
}

/** Event number `n` of the traffic of this seed, at `t`: the same numbers, the same event. */
export function eventAt(t: number, n: number, seed: number): SentEvent {
  const dice = (use: number) => chance(seed, n, use);
  const service = pick(SERVICES, dice(1));
  const endpoint = pick(service.endpoints, dice(2));
  const trouble = troubleOf(service, t, seed);
  const failed = dice(3) < USUAL_FAILURES + (trouble?.failing ?? 0);
  const missing = !failed && dice(4) < NOT_FOUND;
  const status = failed ? (dice(5) < 0.5 ? 500 : 503) : missing ? 404 : 200;
  const time =
    endpoint.medianMs * Math.exp(endpoint.spread * normal(dice(6), dice(7))) * (trouble?.slower ?? 1);
  const duration = Math.round(time * 100) / 100;
  const path = endpoint.path(Math.floor(dice(8) * 1e6));
  const isSlow = duration > 1_500;
  return {
    timestamp: t,
    level: failed ? 'error' : isSlow ? 'warn' : 'info',
    service: service.name,
    endpoint: path,
    message: messageOf({ path, status, isSlow, trouble: trouble?.kind }),
    duration,
    status,
    host: `${service.name}-${1 + Math.floor(dice(9) * 4)}`,
    traceId: hex(dice(10)) + hex(dice(11)),
    customer: {
      plan: dice(12) < 0.7 ? 'free' : 'pro',
      region: ['eu', 'us', 'ap'][Math.floor(dice(13) * 3)],
    },
  };
}

function troubleOf(service: Service, t: number, seed: number) {
  const happening = happeningAt(t, INCIDENT_TIMES, seed);
  if (!happening || pick(SERVICES, chance(happening.id, 4, seed)) !== service) return null;
  return INCIDENTS[Math.floor(chance(happening.id, 5, seed) * INCIDENTS.length)];
}

function messageOf({
  path,
  status,
  isSlow,
  trouble,
}: {
  path: string;
  status: number;
  isSlow: boolean;
  trouble?: string;
}): string {
  if (status >= 500) return `${path} failed: ${trouble ?? 'connection reset by peer'}`;
  if (status === 404) return `${path}: no such thing`;
  return isSlow ? `${path} was slow${trouble ? `: ${trouble}` : ''}` : `${path} done`;
}

function pick<T extends { share: number }>(list: readonly T[], at: number): T {
  let left = at;
  for (const item of list) {
    left -= item.share;
    if (left < 0) return item;
  }
  return list[list.length - 1];
}

/** Box and Muller's: two uniform chances → one of the normal distribution. */
function normal(a: number, b: number): number {
  return Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
}

function hex(of: number): string {
  return Math.floor(of * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
