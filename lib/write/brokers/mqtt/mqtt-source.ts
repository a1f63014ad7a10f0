import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { Env } from '../../../env';
import { log } from '../../../observe/log';
import { type BrokerMessage, DEAD, type Refusal } from '../message';
import type { BrokerSource, SourceParts } from '../source';
import { openPublisher, openSubscriber } from './client';

type Settings = Pick<
  Env,
  'PORT' | 'MQTT_GROUP' | 'MQTT_SAMPLES_TOPIC' | 'MQTT_EVENTS_TOPIC' | 'MQTT_CLIENT_ID'
> & { MQTT_URL: string };

/**
 * The client hands over one message of a connection after the other, and each waits for a commit. Those of several
 * connections share commits.
 */
const CONNECTIONS = 4;
const MOST_REASON = 1_000;

/**
 * Pulls from a broker of MQTT 5 by shared subscriptions: each message is given to one connection of one node. It is
 * acknowledged (QoS 1) after what it holds is committed, so it may come again. The sessions last while nobody is there.
 */
export function mqttSource(settings: Settings, { take }: SourceParts): BrokerSource {
  const {
    MQTT_URL: url,
    MQTT_GROUP: group,
    MQTT_SAMPLES_TOPIC: samples,
    MQTT_EVENTS_TOPIC: events,
  } = settings;
  const name = settings.MQTT_CLIENT_ID ?? `pulseboard-${hostname()}-${settings.PORT}`;
  const topics = [samples, events].filter((topic) => topic !== undefined);
  return {
    name: 'mqtt',
    async pull(stop, isUp) {
      const over = new AbortController();
      const signal = AbortSignal.any([stop, over.signal]);
      const publisher = await openPublisher(url);
      const onMessage = async (packet: IPublishPacket) => {
        if (isDeadLetter(packet)) return;
        const what = events !== undefined && matches(events, packet.topic) ? 'events' : 'samples';
        const [refusal] = await take([readPacket(packet, what)], signal);
        if (refusal) await putAside(publisher.client, packet, refusal);
      };
      const filters = topics.map((topic) => `$share/${group}/${topic}`);
      const subscribers = Array.from({ length: CONNECTIONS }, (_, i) =>
        openSubscriber({ url, clientId: `${name}-${i}`, filters, onMessage }),
      );
      const all = [publisher, ...subscribers];
      const stopped = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      const failed = Promise.race(all.map((each) => each.failed));
      try {
        await Promise.race([Promise.all(subscribers.map((each) => each.subscribed)), failed, stopped]);
        if (!signal.aborted) isUp();
        await Promise.race([failed, stopped]);
      } finally {
        over.abort();
        for (const each of all) each.close();
      }
    },
  };
}

/** A subscription to `metrics/#` has its dead letters, too. */
function isDeadLetter({ topic }: IPublishPacket): boolean {
  return topic.endsWith(`/${DEAD}`);
}

/** Whether a topic is one of a filter's, with `+` for one level and `#` for all that are left. */
export function matches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true;
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** MQTT has neither a name nor a time for a message: the name holds while it is tried, not for its next delivery. */
function readPacket({ payload, properties }: IPublishPacket, what: BrokerMessage['what']): BrokerMessage {
  const encoding = properties?.userProperties?.['content-encoding'];
  return {
    what,
    value: Buffer.from(payload),
    contentType: properties?.contentType,
    contentEncoding: Array.isArray(encoding) ? encoding[0] : encoding,
    time: Date.now(),
    id: `mqtt/${randomUUID()}`,
  };
}

async function putAside(
  publisher: MqttClient,
  { topic, payload, properties }: IPublishPacket,
  { code, message }: Refusal,
): Promise<void> {
  log().warn({ topic, code, message }, 'a message of MQTT is put aside');
  const { contentType, userProperties } = properties ?? {};
  const reasons = { 'pulseboard-error': code, 'pulseboard-reason': message.slice(0, MOST_REASON) };
  await publisher.publishAsync(`${topic}/${DEAD}`, payload, {
    qos: 1,
    properties: { ...(contentType && { contentType }), userProperties: { ...userProperties, ...reasons } },
  });
}
