import { z } from 'zod';

/** Where Redis is: one server, a set of servers watched by Sentinels, or a cluster. */
export type RedisAddress =
  | { kind: 'single'; url: string }
  | { kind: 'sentinel'; name: string; nodes: RedisNode[]; login: RedisLogin }
  | { kind: 'cluster'; nodes: RedisNode[]; login: RedisLogin };

export interface RedisNode {
  host: string;
  port: number;
}

export interface RedisLogin {
  username?: string;
  password?: string;
  tls: boolean;
  database?: number;
}

const SCHEMES = {
  'redis+sentinel': { kind: 'sentinel', tls: false, port: 26_379 },
  'rediss+sentinel': { kind: 'sentinel', tls: true, port: 26_379 },
  'redis+cluster': { kind: 'cluster', tls: false, port: 6_379 },
  'rediss+cluster': { kind: 'cluster', tls: true, port: 6_379 },
} as const;

const Several = z
  .string()
  .regex(/^rediss?\+(sentinel|cluster):\/\/(?:[^@/]*@)?[^@/?#]+(?:\/[^?#]*)?$/)
  .transform((text) => {
    const [, scheme, login, hosts, path] = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/]+)\/?(.*)$/.exec(text)!;
    return { scheme: scheme as keyof typeof SCHEMES, login, hosts: hosts.split(','), path: path.split('/') };
  });

/**
 * `redis://…` and `rediss://…` (TLS) as every client knows them; several hosts as
 * `redis+sentinel://user:password@a:26379,b:26379/name/0` or `redis+cluster://a:6379,b:6379`. Null: neither.
 */
export function parseRedisAddress(text: string): RedisAddress | null {
  if (/^rediss?:\/\/\S+$/.test(text) && URL.canParse(text)) return { kind: 'single', url: text };
  const several = Several.safeParse(text);
  if (!several.success) return null;
  const { scheme, login, hosts, path } = several.data;
  const { kind, tls, port } = SCHEMES[scheme];
  const nodes = hosts.map((host) => parseHost(host, port));
  if (!nodes.every((node) => node !== null)) return null;
  const [username, password] = (login ?? '').split(':').map(decodeURIComponent);
  const known: RedisLogin = { tls };
  if (username) known.username = username;
  if (password) known.password = password;
  if (kind === 'cluster') return path[0] ? null : { kind, nodes, login: known };
  const [name, database] = path;
  if (!name || (database && !/^\d+$/.test(database))) return null;
  if (database) known.database = Number(database);
  return { kind, name: decodeURIComponent(name), nodes, login: known };
}

function parseHost(text: string, fallback: number): RedisNode | null {
  const found = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text);
  return found ? { host: found[1].replace(/^\[|\]$/g, ''), port: Number(found[2] ?? fallback) } : null;
}
