import type { Env } from '../../env';
import type { ProtocolId } from '../../model/protocols/protocols';
import { createBrokerFigures } from '../../observe/broker-figures';
import type { Root } from '../../system/root';
import { kafkaSource } from '../../write/brokers/kafka/kafka-source';
import { mqttSource } from '../../write/brokers/mqtt/mqtt-source';
import { redisSource } from '../../write/brokers/redis-streams/redis-source';
import { type BrokerSource, type SourceParts, startSource } from '../../write/brokers/source';
import type { Listener } from '../listener';
import { takeFor } from './intake';

/** Where to pull from, as the settings say; null where they do not. */
type MakeSource = (settings: Env, parts: SourceParts) => BrokerSource | null;

const kafka: MakeSource = (settings, parts) =>
  settings.KAFKA_BROKERS.length > 0 ? kafkaSource(settings, parts) : null;

const redisStreams: MakeSource = ({ REDIS_URL, ...settings }, parts) =>
  REDIS_URL && (settings.REDIS_SAMPLES_STREAM || settings.REDIS_EVENTS_STREAM)
    ? redisSource({ REDIS_URL, ...settings }, parts)
    : null;

const mqtt: MakeSource = ({ MQTT_URL, ...settings }, parts) =>
  MQTT_URL ? mqttSource({ MQTT_URL, ...settings }, parts) : null;

/** A broker need not be there when the server starts. */
const brokerListener = (name: string, protocol: ProtocolId, make: MakeSource): Listener => ({
  name,
  async start(root: Root) {
    const figures = createBrokerFigures();
    const source = make(root.settings, { take: takeFor(root, figures, { protocol }), figures });
    if (!source) return null;
    root.figures.brokers.set(source.name, figures);
    return startSource(source, figures);
  },
});

export const brokerListeners: readonly Listener[] = [
  brokerListener('Kafka', 'kafka', kafka),
  brokerListener('Redis Streams', 'redis', redisStreams),
  brokerListener('MQTT', 'mqtt', mqtt),
];
