import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Env } from '../../env';
import { authorization, basicAuth, credentialsOf, duration, tlsConfig } from '../client-config';
import { relabelRule } from '../scrape/relabel';
import { NAME_SCHEMES } from './series-labels';

const receiver = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'a URL such as http://prometheus:9090/api/v1/write' }),
  name: z.string().min(1).optional(),
  remote_timeout: duration.prefault('30s'),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  basic_auth: basicAuth,
  authorization,
  tls_config: tlsConfig,
  write_relabel_configs: z.array(relabelRule).default([]),
  metric_name_escaping_scheme: z.enum(NAME_SCHEMES).default('underscores'),
  queue_config: z
    .strictObject({
      max_shards: z.int().min(1).max(50).default(4),
      max_samples_per_send: z.int().min(1).max(100_000).default(2_000),
      batch_send_deadline: duration.prefault('500ms'),
      min_backoff: duration.prefault('100ms'),
      max_backoff: duration.prefault('10s'),
    })
    .prefault({}),
});

const forwardConfig = z.strictObject({ remote_write: z.array(receiver).default([]) });

type Receiver = z.output<typeof receiver>;

/** Where samples are forwarded to. */
export interface DestinationSettings
  extends Omit<Receiver, 'url' | 'name' | 'basic_auth' | 'authorization' | 'tls_config'> {
  /** Names it in figures, in the log and on the disk; without secrets. */
  name: string;
  url: string;
  /** Value of the `Authorization` header, null without one; read from its file again each time. */
  credentials(): Promise<string | null>;
  tls: { rejectUnauthorized: boolean; servername?: string; ca?: string };
}

/**
 * The destinations of FORWARD_URL and FORWARD_CONFIG (docs/protocols/forwarding.md).
 * @throws Error that names the setting and each field that is wrong
 */
export async function readDestinations({
  FORWARD_URL: urls,
  FORWARD_CONFIG: path,
}: Pick<Env, 'FORWARD_URL' | 'FORWARD_CONFIG'>): Promise<DestinationSettings[]> {
  const simple = urls.map((url) => receiver.parse({ url }));
  const folder = path ? dirname(path) : '.';
  const all = [...simple, ...(path ? await readConfig(path) : [])];
  const destinations = await Promise.all(all.map((each) => toDestination(each, folder)));
  const names = destinations.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return destinations;
  throw new Error(`Samples would be forwarded twice to ${twice}: give each destination a name of its own.`);
}

async function readConfig(path: string): Promise<Receiver[]> {
  try {
    const result = forwardConfig.safeParse(parse(await readFile(path, 'utf8')) ?? {});
    if (result.success) return result.data.remote_write;
    const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(issues.join('; '));
  } catch (error) {
    const why = (error as Error).message;
    throw new Error(`FORWARD_CONFIG is ${JSON.stringify(path)}, which cannot be used: ${why}`);
  }
}

async function toDestination(settings: Receiver, folder: string): Promise<DestinationSettings> {
  const { url: text, name, basic_auth, authorization: other, tls_config: tls, ...rest } = settings;
  const url = new URL(text);
  const basic = basic_auth ?? basicAuthIn(url);
  url.username = '';
  url.password = '';
  const read = async (file: string | undefined) =>
    file ? (await readFile(resolve(folder, file), 'utf8')).trim() : undefined;
  const ca = await read(tls?.ca_file);
  const destination = {
    ...rest,
    // A parameter of it may be a secret.
    name: name ?? url.host + url.pathname,
    url: url.href,
    credentials: () => credentialsOf({ basic_auth: basic, authorization: other }, read),
    tls: {
      rejectUnauthorized: !tls?.insecure_skip_verify,
      ...(tls?.server_name && { servername: tls.server_name }),
      ...(ca && { ca }),
    },
  };
  // A file that is not there stops the start.
  await destination.credentials();
  return destination;
}

function basicAuthIn({ username, password }: URL): Receiver['basic_auth'] {
  if (!username && !password) return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}
