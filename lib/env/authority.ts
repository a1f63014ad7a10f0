import { isIP } from 'node:net';
import { isLoopbackHost } from './loopback';

/** What a `Host` header or the address of a request names. */
export interface Authority {
  /** In lower case, without a dot at its end; an IPv6 address in brackets, as short as it can be written. */
  name: string;
  /** As written; empty where there is none. */
  port: string;
}

const SHAPE = /^(?:(\[[0-9a-f:.]+\])|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::(\d{0,5}))?$/;

/** `name`, `name:port`, `192.0.2.1:port` or `[2001:db8::1]:port`; null for anything else, such as one with a user. */
export function parseAuthority(text: string): Authority | null {
  const found = SHAPE.exec(text.toLowerCase());
  if (!found) return null;
  const [, bracketed, name, port = ''] = found;
  if (Number(port) > 65_535) return null;
  if (!bracketed) return { name, port };
  const url = `http://${bracketed}`;
  return isIP(bracketed.slice(1, -1)) === 6 ? { name: new URL(url).hostname, port } : null;
}

/** A name that no DNS answers for: it leads to this machine only, whatever a website has its own name point to. */
export function isLoopbackName(name: string): boolean {
  return name.endsWith('.localhost') || isLoopbackHost(name.replace(/^\[|\]$/g, ''));
}

/** Where to listen as what a `Host` header would name; an IPv6 address may stand without brackets. */
export function parseHost(host: string): Authority | null {
  return parseAuthority(isIP(host) === 6 ? `[${host}]` : host);
}

/** `ALLOWED_HOSTS`: names or addresses, separated by commas. Null when one is none, or has a port or a scheme. */
export function parseHostNames(text: string): string[] | null {
  const names = text
    .split(',')
    .flatMap((entry) => entry.trim() || [])
    .map(parseHost);
  return names.every((each) => each !== null && each.port === '') ? names.map((each) => each!.name) : null;
}
