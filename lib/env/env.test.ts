import { expect, test } from 'vitest';
import { parseEnv } from './index';

test('nothing set: everything has a default, and no Redis', () => {
  const env = parseEnv({ REDIS_URL: '', UPSTASH_REDIS_REST_URL: '' });
  expect(env).toMatchObject({ PORT: 3_000, HOST: '127.0.0.1', INGEST_KEYS: [] });
  expect(env.REDIS_URL).toBeUndefined();
});

test('every wrong value is named, secrets are not shown', () => {
  const wrong = { PORT: 'http', RETENTION_RAW: 'soon', REDIS_URL: 'tcp://user:hunter2@host' };
  expect(() => parseEnv(wrong)).toThrow(
    /PORT is "http".*\n.*REDIS_URL is \(hidden\).*\n.*RETENTION_RAW is "soon"/,
  );
  expect(() => parseEnv(wrong)).not.toThrow(/hunter2/);
});

test.each([
  [{ UPSTASH_REDIS_REST_URL: 'https://x.upstash.io' }, /belong together/],
  [{ UPSTASH_REDIS_REST_TOKEN: 'token' }, /belong together/],
  [
    { REDIS_URL: 'redis://h', UPSTASH_REDIS_REST_URL: 'https://x', UPSTASH_REDIS_REST_TOKEN: 't' },
    /two ways to reach Redis/,
  ],
  [{ TLS_CERT: 'cert.pem' }, /TLS_CERT and TLS_KEY belong together/],
  [{ TLS_KEY: 'key.pem' }, /TLS_CERT and TLS_KEY belong together/],
  [{ TLS_CERT: 'cert.pem', TLS_KEY: 'key.pem', TLS_PORT: '3000' }, /TLS_PORT and PORT are both 3000/],
  [{ KAFKA_BROKERS: 'kafka' }, /host:port separated by commas/],
  [{ KAFKA_BROKERS: 'kafka:9092' }, /KAFKA_BROKERS and a topic belong together/],
  [{ KAFKA_EVENTS_TOPIC: 'events' }, /KAFKA_BROKERS and a topic belong together/],
  [{ KAFKA_BROKERS: 'a:1,b:2', KAFKA_SAMPLES_TOPIC: 'x', KAFKA_EVENTS_TOPIC: 'x' }, /are the same/],
  [{ KAFKA_BROKERS: 'a:1', KAFKA_SAMPLES_TOPIC: 'two words' }, /a topic's name/],
  [{ KAFKA_SASL: 'plain', KAFKA_USER: 'me' }, /KAFKA_SASL, KAFKA_USER and KAFKA_PASSWORD belong together/],
  [{ KAFKA_SASL: 'kerberos' }, /plain, scram-sha-256 or scram-sha-512/],
  [{ REDIS_SAMPLES_STREAM: 'metrics' }, /need REDIS_URL/],
  [{ MQTT_URL: 'mqtt://h' }, /MQTT_URL and a topic belong together/],
  [{ MQTT_URL: 'http://h', MQTT_EVENTS_TOPIC: 'x' }, /a URL such as mqtt:/],
])('%o is refused', (given, message) => {
  expect(() => parseEnv(given)).toThrow(message);
});
