import { headers } from 'next/headers';
import { browserHost, browserProtocol } from '../access/auth/source';
import { parseAuthority } from '../env/authority';
import { rootOfProcess } from '../system/process';

/**
 * The scheme, name and port at which a page's reader has this server, behind a proxy too: `https://pulse.example.com`.
 * `Host` was checked when the request came; what it may be where any name is taken is checked for its form here.
 */
export async function pageOrigin(): Promise<string> {
  const { settings } = rootOfProcess();
  const given = await headers();
  const header = (name: string) => given.get(name) ?? undefined;
  const authority = parseAuthority(browserHost(header, settings) ?? '');
  if (!authority) return `http://127.0.0.1:${settings.PORT}`;
  const { name, port } = authority;
  return new URL(`${browserProtocol(header)}//${port ? `${name}:${port}` : name}`).origin;
}
