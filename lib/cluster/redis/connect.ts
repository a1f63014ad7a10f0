import { createClient, createCluster, createSentinel } from '@redis/client';
import { Redis } from '@upstash/redis';
import type { RedisAddress, RedisLogin } from '../../env/redis-address';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import { within } from '../../runtime/within';
import { backoffMs } from '../bus/backoff';

/** A command not answered within this is given up: nothing outside may hold a request for longer. */
const COMMAND_TIMEOUT_MS = 2 * SECOND;

const SOCKET = {
  connectTimeout: 3 * SECOND,
  // With the pings, a connection that broke without notice is detected and opened again.
  socketTimeout: 5 * SECOND,
  reconnectStrategy: (attempt: number) => backoffMs(attempt),
};
const CLIENT = {
  socket: SOCKET,
  pingInterval: 1_500,
  // Commands while disconnected fail at once instead of waiting for an unknown time.
  disableOfflineQueue: true,
  commandsQueueMaxLength: 10_000,
  name: 'pulseboard',
};

/** Makes a client, not yet connected. Its `error` events are logged, one line for each new message. */
export function makeRedisClient(address: RedisAddress) {
  const client = make(address);
  let last = '';
  client.on('error', (error: Error) => {
    const message = error.message || (error as NodeJS.ErrnoException).code || error.name;
    if (message !== last) log().warn({ reason: message }, 'redis connection');
    last = message;
  });
  client.on('ready', () => {
    last = '';
  });
  return client;
}

/** The commands all three kinds of client share. */
export type RedisConnection = ReturnType<typeof makeRedisClient>;

function make(address: RedisAddress) {
  if (address.kind === 'single') return createClient({ ...CLIENT, url: address.url });
  const options = { ...CLIENT, ...withLogin(address.login) };
  if (address.kind === 'cluster') {
    return createCluster({ rootNodes: address.nodes.map((socket) => ({ socket })), defaults: options });
  }
  return createSentinel({
    name: address.name,
    sentinelRootNodes: address.nodes,
    nodeClientOptions: options,
    scanInterval: 2 * SECOND,
  });
}

function withLogin({ tls, ...login }: RedisLogin) {
  return { ...login, socket: tls ? { ...SOCKET, tls: true as const } : SOCKET };
}

/**
 * Connects, however often that fails at first; after the first connection the client reconnects by itself. What fails
 * is logged by the client.
 */
export async function connectPatiently(
  client: Pick<RedisConnection, 'connect'>,
  isClosed: () => boolean,
): Promise<void> {
  for (let attempt = 0; !isClosed(); attempt++) {
    try {
      await client.connect();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoffMs(attempt)));
    }
  }
}

/** A client over Upstash's HTTP. */
export function makeHttpClient(url: string, token: string): Redis {
  return new Redis({
    url,
    token,
    automaticDeserialization: false,
    enableTelemetry: false,
    retry: false,
    signal: () => AbortSignal.timeout(COMMAND_TIMEOUT_MS),
  });
}

/** Gives a command up after a while, whatever the client does with it. */
export function withinTime<T>(work: Promise<T>, ms = COMMAND_TIMEOUT_MS): Promise<T> {
  return within(work, ms, () => new Error(`Redis did not answer within ${ms} ms`));
}
