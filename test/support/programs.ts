import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of others that tests need, in files that end in their names, and the Debian packages that have them. */
export const SENDERS = {
  prometheus: 'prometheus',
  'prometheus-node-exporter': 'prometheus-node-exporter',
  influx: 'influxdb-client',
  collectd: 'collectd-core libyajl2 libcurl3-gnutls',
  kcat: 'kcat',
  mosquitto: 'mosquitto mosquitto-clients',
} as const;
export type Sender = keyof typeof SENDERS;

/** Where a program is, null where the machine has none of that name. */
export function findProgram(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export function missingSenders(): Sender[] {
  return (Object.keys(SENDERS) as Sender[]).filter((name) => findProgram(name) === null);
}
