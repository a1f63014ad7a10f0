import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's and everybody else's name for it. */
const NAMES = ['prometheus-node-exporter', 'node_exporter'];

/** Prometheus' node exporter on this machine; null where there is none. */
export function findNodeExporter(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync) ?? null;
}
