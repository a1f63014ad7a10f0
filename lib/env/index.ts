import { totalmem } from 'node:os';
import { z } from 'zod';
import { parseDuration } from '../model/time/duration';
import { parseBytes } from '../model/units';
import { parseHostNames } from './authority';
import { parseForwardUrls } from './forward-urls';
import { parseIngestKeys } from './keys';
import { parseRates } from './rates';
import { parseRedisAddress } from './redis-address';

/**
 * The settings, read once, by the root: a throw at import would break `next build`, which loads every route.
 * A wrong value stops the start with its name, its value and what would be right.
 */
const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms === null || ms <= 0) context.addIssue('a duration such as 15m, 7d, 2y or forever');
      return ms ?? 0;
    });

const bytes = z.string().transform((text, context) => {
  const parsed = parseBytes(text);
  if (parsed === null) context.addIssue('a size such as 512MiB or 1GiB');
  return parsed ?? 0;
});

const integer = (lowest: number, highest: number, fallback: number) =>
  z
    .string()
    .default(String(fallback))
    .transform((text, context) => {
      const value = Number(text);
      const fits = /^\d+$/.test(text) && value >= lowest && value <= highest;
      if (!fits) context.addIssue(`a whole number from ${lowest} to ${highest}`);
      return value;
    });

/** Off where it is not set. */
const port = z
  .string()
  .transform((text, context) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
    context.addIssue('a port from 1 to 65535');
    return z.NEVER;
  })
  .optional();

/** Empty where it is not set. */
const list = (wanted: string, entry: RegExp) =>
  z
    .string()
    .default('')
    .transform((text, context) => {
      const entries = text.split(',').flatMap((each) => each.trim() || []);
      if (!entries.every((each) => entry.test(each))) context.addIssue(wanted);
      return entries;
    });

const kafkaTopic = z
  .string()
  .regex(/^[\w.-]{1,240}$/, "a topic's name: letters, digits, . _ -, at most 240")
  .optional();

const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'a URL such as postgres://user:password@host:5432/database')
  .optional();

const redisUrl = z
  .string()
  .transform((text, context) => {
    const address = parseRedisAddress(text);
    if (address) return address;
    context.addIssue(
      'a URL such as redis://host:6379, rediss://user:password@host, redis+sentinel://a,b/name or redis+cluster://a,b',
    );
    return z.NEVER;
  })
  .optional();

const settings = z.object({
  PORT: integer(0, 65_535, 3_000),
  HOST: z.string().default('127.0.0.1'),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  TLS_PORT: integer(0, 65_535, 3_443),
  ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text, context) => {
      const names = parseHostNames(text);
      if (!names)
        context.addIssue('names separated by commas, without scheme and port, such as metrics.example.com');
      return names ?? [];
    }),
  DATABASE_URL: databaseUrl,
  DATABASE_READ_URL: databaseUrl,
  DATA_DIR: z.string().default('.pulseboard'),
  STORE_ENGINE: z.enum(['auto', 'timescale', 'postgres'], 'auto, timescale or postgres').default('auto'),
  REDIS_URL: redisUrl,
  UPSTASH_REDIS_REST_URL: z
    .url({ protocol: /^https?$/, error: 'a URL such as https://name.upstash.io' })
    .optional(),
  UPSTASH_REDIS_REST_TOKEN: z.string().optional(),
  INGEST_KEYS: z
    .string()
    .default('')
    .transform((text, context) => {
      const keys = parseIngestKeys(text);
      if (!keys)
        context.addIssue(
          'keys separated by commas, each key, name:key or name:sha256:<64 hex digits>, every name once',
        );
      return keys ?? [];
    }),
  DASHBOARD_PASSWORD: z.string().optional(),
  SESSION_SECRET: z.string().min(32, 'at least 32 random characters, the same on every node').optional(),
  TRUST_PROXY: integer(0, 10, 0),
  RATE_LIMIT: z
    .string()
    .transform((text, context) => {
      const rates = parseRates(text);
      if (rates) return rates;
      context.addIssue(
        'requests a minute such as 600, off, or with rates of named keys 600,ci=6000,backup=off',
      );
      return z.NEVER;
    })
    .optional(),
  RETENTION_RAW: duration('7d'),
  RETENTION_MINUTE: duration('90d'),
  RETENTION_HOUR: duration('2y'),
  RETENTION_DAY: duration('forever'),
  EVENTS_RETENTION: duration('3d'),
  EVENTS_MAX_BYTES: bytes.default(2 ** 30),
  RING_MINUTES: integer(1, 1_440, 10),
  RING_MAX_BYTES: bytes.default(() => Math.floor(totalmem() / 4)),
  MAX_SERIES: integer(1, 100_000_000, 1_000_000),
  MAX_BODY_BYTES: bytes.default(8 * 2 ** 20),
  MAX_STREAMS: integer(1, 1_000_000, 10_000),
  MAX_STREAMS_PER_ADDRESS: integer(1, 1_000_000, 1_000),
  MAX_INGEST_CONNECTIONS: integer(1, 1_000_000, 20_000),
  MAX_INGEST_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000, 10_000),
  SPOOL_DIR: z.string().optional(),
  SPOOL_MAX_BYTES: bytes.default(2 ** 30),
  SCRAPE_CONFIG: z.string().optional(),
  FORWARD_URL: z
    .string()
    .default('')
    .transform((text, context) => {
      const urls = parseForwardUrls(text);
      if (!urls) context.addIssue('URLs separated by commas, such as http://prometheus:9090/api/v1/write');
      return urls ?? [];
    }),
  FORWARD_CONFIG: z.string().optional(),
  FORWARD_MAX_BYTES: bytes.default(2 ** 30),
  STATSD_PORT: port,
  GRAPHITE_PORT: port,
  KEYLESS_HOST: z.string().default('127.0.0.1'),
  KAFKA_BROKERS: list(
    'host:port separated by commas, such as kafka-1:9092,kafka-2:9092',
    /^[^\s:/]+:\d{1,5}$/,
  ),
  KAFKA_SAMPLES_TOPIC: kafkaTopic,
  KAFKA_EVENTS_TOPIC: kafkaTopic,
  KAFKA_GROUP: z.string().default('pulseboard'),
  KAFKA_TLS: z.enum(['on', 'off'], 'on or off').default('off'),
  KAFKA_SASL: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'plain, scram-sha-256 or scram-sha-512')
    .optional(),
  KAFKA_USER: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
  REDIS_SAMPLES_STREAM: z.string().optional(),
  REDIS_EVENTS_STREAM: z.string().optional(),
  REDIS_GROUP: z.string().default('pulseboard'),
  MQTT_URL: z
    .string()
    .regex(/^(mqtts?|wss?):\/\/\S+$/, 'a URL such as mqtt://user:password@host:1883 or mqtts://host:8883')
    .optional(),
  MQTT_SAMPLES_TOPIC: z.string().optional(),
  MQTT_EVENTS_TOPIC: z.string().optional(),
  MQTT_GROUP: z
    .string()
    .regex(/^[^/+#\s]+$/, 'a name without / + #')
    .default('pulseboard'),
  MQTT_CLIENT_ID: z.string().optional(),
  LOCAL_AGENT: z.enum(['on', 'off'], 'on or off').optional(),
  SELF_METRICS: z.enum(['on', 'off'], 'on or off').default('on'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug'], 'error, warn, info or debug').default('info'),
});
export type Env = z.output<typeof settings>;

/** Parses a set of environment variables. Throws one `Error` whose message names every wrong one. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  // An empty variable is how a shell or a compose file says "not set".
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const result = settings.safeParse(given);
  if (result.success) return checkTogether(result.data);
  const complaints = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const shown = /KEY|PASSWORD|SECRET|TOKEN|URL/.test(name) ? '(hidden)' : JSON.stringify(given[name]);
    return `${name} is ${shown}; it should be ${message}`;
  });
  throw new Error(`Wrong settings:\n  ${complaints.join('\n  ')}`);
}

/** Checks of several settings together. */
function checkTogether(settings: Env): Env {
  const { REDIS_URL, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings;
  const { TLS_CERT, TLS_KEY, TLS_PORT, PORT } = settings;
  if (Boolean(TLS_CERT) !== Boolean(TLS_KEY))
    throw new Error('Wrong settings:\n  TLS_CERT and TLS_KEY belong together: set both.');
  if (TLS_CERT && TLS_PORT === PORT && PORT !== 0)
    throw new Error(
      `Wrong settings:\n  TLS_PORT and PORT are both ${PORT}: TLS has a port of its own, such as TLS_PORT=3443.`,
    );
  if (Boolean(url) !== Boolean(token))
    throw new Error(
      'Wrong settings:\n  UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN belong together: set both.',
    );
  if (REDIS_URL && url)
    throw new Error(
      'Wrong settings:\n  REDIS_URL and UPSTASH_REDIS_REST_URL are two ways to reach Redis: set one.',
    );
  checkBrokers(settings);
  return settings;
}

function checkBrokers({ KAFKA_BROKERS, KAFKA_SAMPLES_TOPIC, KAFKA_EVENTS_TOPIC, ...settings }: Env): void {
  const topics = [KAFKA_SAMPLES_TOPIC, KAFKA_EVENTS_TOPIC].filter((topic) => topic !== undefined);
  if (KAFKA_BROKERS.length > 0 !== topics.length > 0)
    throw new Error(
      'Wrong settings:\n  KAFKA_BROKERS and a topic belong together: set KAFKA_SAMPLES_TOPIC, KAFKA_EVENTS_TOPIC or both.',
    );
  if (new Set(topics).size < topics.length)
    throw new Error(
      'Wrong settings:\n  KAFKA_SAMPLES_TOPIC and KAFKA_EVENTS_TOPIC are the same: samples and events have topics of their own.',
    );
  const { REDIS_SAMPLES_STREAM, REDIS_EVENTS_STREAM, REDIS_URL } = settings;
  if ((REDIS_SAMPLES_STREAM || REDIS_EVENTS_STREAM) && !REDIS_URL)
    throw new Error('Wrong settings:\n  REDIS_SAMPLES_STREAM and REDIS_EVENTS_STREAM need REDIS_URL.');
  if (REDIS_SAMPLES_STREAM && REDIS_SAMPLES_STREAM === REDIS_EVENTS_STREAM)
    throw new Error(
      'Wrong settings:\n  REDIS_SAMPLES_STREAM and REDIS_EVENTS_STREAM are the same: samples and events have streams of their own.',
    );
  const { MQTT_URL, MQTT_SAMPLES_TOPIC, MQTT_EVENTS_TOPIC } = settings;
  if (Boolean(MQTT_URL) !== Boolean(MQTT_SAMPLES_TOPIC || MQTT_EVENTS_TOPIC))
    throw new Error(
      'Wrong settings:\n  MQTT_URL and a topic belong together: set MQTT_SAMPLES_TOPIC, MQTT_EVENTS_TOPIC or both.',
    );
  if (Boolean(settings.KAFKA_SASL) !== Boolean(settings.KAFKA_USER && settings.KAFKA_PASSWORD))
    throw new Error(
      'Wrong settings:\n  KAFKA_SASL, KAFKA_USER and KAFKA_PASSWORD belong together: set all three.',
    );
}
