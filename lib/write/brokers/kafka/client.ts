import type { KafkaConfig, logCreator } from 'kafkajs';
import type { Env } from '../../../env';
import { SECOND } from '../../../model/time/duration';
import { log } from '../../../observe/log';
import { codecs } from './codecs';

export type KafkaSettings = Pick<
  Env,
  'KAFKA_BROKERS' | 'KAFKA_TLS' | 'KAFKA_SASL' | 'KAFKA_USER' | 'KAFKA_PASSWORD'
>;

/** A broker that says nothing for so long is given up; it may be another's turn by then. */
const REQUEST_MS = 10 * SECOND;

/** For one connection after another: whoever uses it begins anew when it fails, so it need not try for long by itself. */
export const RETRY = {
  retries: 2,
  initialRetryTime: 200,
  maxRetryTime: 2 * SECOND,
  restartOnFailure: async () => false,
};

/** Loads the library, which takes its time, only where there is Kafka. */
export async function openKafka(settings: KafkaSettings) {
  // Node.js does not find all the names of a module of this kind.
  const { Kafka, CompressionCodecs, logLevel } = (await import('kafkajs')).default;
  Object.assign(CompressionCodecs, codecs);
  return new Kafka({
    ...connectionOf(settings),
    clientId: 'pulseboard',
    connectionTimeout: 3 * SECOND,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    logLevel: logLevel.WARN,
    logCreator: quietly,
  });
}

function connectionOf(settings: KafkaSettings): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> {
  const { KAFKA_BROKERS, KAFKA_TLS, KAFKA_SASL: mechanism, KAFKA_USER = '', KAFKA_PASSWORD = '' } = settings;
  const login = { username: KAFKA_USER, password: KAFKA_PASSWORD };
  const brokers = KAFKA_BROKERS;
  const ssl = KAFKA_TLS === 'on';
  if (mechanism === 'plain') return { brokers, ssl, sasl: { mechanism, ...login } };
  if (mechanism === 'scram-sha-256') return { brokers, ssl, sasl: { mechanism, ...login } };
  if (mechanism === 'scram-sha-512') return { brokers, ssl, sasl: { mechanism, ...login } };
  return { brokers, ssl };
}

/** What ends a connection is thrown, and logged where it is caught. */
const quietly: logCreator =
  () =>
  ({ namespace, log: { message, error } }) =>
    log().debug({ namespace, reason: error }, `kafka: ${message}`);
