import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt';
import { DAY, SECOND } from '../../../model/time/duration';

/** A broker that answers no ping for one and a half of these is gone. */
const KEEPALIVE_SECONDS = 20;
/** Messages that a connection is given ahead. */
const AHEAD = 10;
/** For how long a broker keeps messages for a node that is away. */
const SESSION_SECONDS = DAY / SECOND;

/** A connection that is not opened again: whoever uses it begins anew. */
export interface MqttConnection {
  client: MqttClient;
  /** Rejects when it fails. */
  failed: Promise<never>;
  close(): void;
}

export interface Subscriber extends Omit<MqttConnection, 'client'> {
  subscribed: Promise<void>;
}

export interface Subscription {
  url: string;
  clientId: string;
  filters: string[];
  /** Called with one message after the other. What it throws fails the connection, and the message comes again. */
  onMessage(packet: IPublishPacket): Promise<void>;
}

/** A connection for what is put aside. That of a subscriber does not do: it hears no answer while a message is worked on. */
export async function openPublisher(url: string): Promise<MqttConnection> {
  const connection = await open(url, { clean: true });
  try {
    await Promise.race([connected(connection.client), connection.failed]);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Subscribes with QoS 1, in a session that lasts. A message is acknowledged when `onMessage` has resolved. */
export function openSubscriber({ url, clientId, filters, onMessage }: Subscription): Subscriber {
  let isClosed = false;
  let close = () => {};
  let fail!: (error: unknown) => void;
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => undefined);
  const opening = open(url, {
    clientId,
    clean: false,
    properties: { sessionExpiryInterval: SESSION_SECONDS, receiveMaximum: AHEAD },
  }).then((connection) => {
    const { client } = connection;
    close = connection.close;
    if (isClosed) close();
    client.handleMessage = (packet, done) => {
      onMessage(packet).then(() => done(), fail);
    };
    return connection;
  });
  const subscribed = opening.then(async ({ client }) => {
    await connected(client);
    const grants = await client.subscribeAsync(filters, { qos: 1 });
    const refused = grants.find(({ qos }) => qos > 2);
    if (refused) throw new Error(`the broker refuses a subscription to ${refused.topic} (${refused.qos})`);
  });
  const failed = Promise.race([
    opening.then((connection) => connection.failed),
    broken,
    onlyFailing(subscribed),
  ]);
  failed.catch(() => undefined);
  return {
    subscribed,
    failed,
    close() {
      isClosed = true;
      close();
    },
  };
}

/** Loads the library, which takes its time, only where there is MQTT. */
async function open(url: string, options: IClientOptions): Promise<MqttConnection> {
  const mqtt = (await import('mqtt')).default;
  const client = mqtt.connect(url, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    connectTimeout: 5 * SECOND,
    keepalive: KEEPALIVE_SECONDS,
    resubscribe: false,
    ...options,
  });
  const failed = new Promise<never>((_, reject) => {
    client.on('error', reject);
    client.on('close', () => reject(new Error('the connection to the broker was closed')));
  });
  failed.catch(() => undefined);
  return { client, failed, close: () => void client.end(true) };
}

function connected(client: MqttClient): Promise<void> {
  return client.connected
    ? Promise.resolve()
    : new Promise((resolve) => client.once('connect', () => resolve()));
}

async function onlyFailing(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise<never>(() => undefined);
}
