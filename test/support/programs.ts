import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of others that send to us, by the ending of the tests that need them, and the Debian package they are in. */
export const SENDERS = {
  prometheus: 'prometheus',
  influx: 'influxdb-client',
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
