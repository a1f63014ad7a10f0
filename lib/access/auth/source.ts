import type { Env } from '../../env';
import { isLoopbackName, parseAuthority, parseHost } from '../../env/authority';
import { PulseError } from '../../model/errors';

/** What of a request shows whether another website made the browser send it. */
export interface Source {
  method: string;
  /** The path, decoded. */
  path: string;
  /** The header of this lower-case name. */
  header(name: string): string | undefined;
}

/** What a browser says of where a request was made. */
export interface OriginHeaders {
  origin?: string;
  host?: string;
  secFetchSite?: string;
  /** `http:` or `https:`, as the browser sees it; undefined: either. */
  protocol?: string;
}

/** The names under which this server answers, and the proxies that it trusts about them. */
export type NameSettings = Pick<
  Env,
  'ALLOWED_HOSTS' | 'INGEST_KEYS' | 'DASHBOARD_PASSWORD' | 'HOST' | 'TRUST_PROXY'
>;

/** For load balancers and monitoring; their answers hold no secret. */
const PUBLIC_HEALTH = new Set(['/api/health', '/api/ready']);

/**
 * Refuses requests that a website makes a user's browser send: under a name of its own that points at us (DNS
 * rebinding), or from its own pages. Programs send neither an origin nor a strange name and are not concerned.
 *
 * @throws PulseError `misdirected`, `forbidden`
 */
export function requireOwnSource(source: Source, settings: NameSettings): void {
  const { header, path } = source;
  requireOwnName(header, settings);
  const origin = header('origin');
  const secFetchSite = header('sec-fetch-site');
  if (origin === undefined && secFetchSite === undefined) return;
  if (PUBLIC_HEALTH.has(path) || isVisit(source)) return;
  const host = browserHost(header, settings);
  if (isForeign({ origin, secFetchSite, host, protocol: browserProtocol(header) }))
    throw new PulseError('forbidden', 'This was asked from another site.');
}

/**
 * Whether a request was made by a page of another site. Browsers say where it came from, and no page can make them
 * lie about it; what one says by `Sec-Fetch-Site` holds also behind a proxy that asks for us under another host.
 */
export function isForeign({ origin, host, secFetchSite, protocol }: OriginHeaders): boolean {
  if (secFetchSite === 'same-origin' || secFetchSite === 'none') return false;
  if (secFetchSite !== undefined) return true;
  if (origin === undefined) return false;
  if (host === undefined || !URL.canParse(origin)) return true;
  const own = `${protocol ?? new URL(origin).protocol}//${host}`;
  return !URL.canParse(own) || new URL(own).origin !== origin;
}

/**
 * The scheme in the browser's address bar: ours, or what the proxy before us says. A false value harms only its sender.
 */
export function browserProtocol(header: Source['header']): 'http:' | 'https:' {
  return header('x-forwarded-proto')?.startsWith('https') ? 'https:' : 'http:';
}

/** The host in the browser's address bar: ours, or what it asked the outermost trusted proxy for. */
export function browserHost(
  header: Source['header'],
  settings: Pick<Env, 'TRUST_PROXY'>,
): string | undefined {
  return forwardedHost(header, settings) ?? header('host');
}

/** A user follows a link to a page, from a chat or a wiki: only that user sees the page. */
function isVisit({ method, path, header }: Source): boolean {
  return (
    method === 'GET' &&
    !/^\/api(\/|$)/.test(path) &&
    header('origin') === undefined &&
    header('sec-fetch-mode') === 'navigate' &&
    header('sec-fetch-dest') === 'document'
  );
}

function requireOwnName(header: Source['header'], settings: NameSettings): void {
  if (!bindsNames(settings)) return;
  const forwarded = forwardedHost(header, settings);
  // Both: behind a proxy the browser's name is the forwarded one, but a client that bypasses the proxy may write any
  // name there.
  if (isOwnName(header('host'), settings) && (forwarded === undefined || isOwnName(forwarded, settings)))
    return;
  throw new PulseError(
    'misdirected',
    'This server does not answer under this name. Use localhost, or add the name to ALLOWED_HOSTS.',
  );
}

/** Whether any name is accepted: only where keys and a password are required, and no names are listed. */
function bindsNames({ ALLOWED_HOSTS, INGEST_KEYS, DASHBOARD_PASSWORD }: NameSettings): boolean {
  return ALLOWED_HOSTS.length > 0 || INGEST_KEYS.length === 0 || !DASHBOARD_PASSWORD;
}

function isOwnName(host: string | undefined, { ALLOWED_HOSTS, HOST }: NameSettings): boolean {
  const authority = host === undefined ? null : parseAuthority(host);
  if (authority === null) return false;
  const { name } = authority;
  return isLoopbackName(name) || ALLOWED_HOSTS.includes(name) || name === parseHost(HOST)?.name;
}

function forwardedHost(
  header: Source['header'],
  { TRUST_PROXY }: Pick<Env, 'TRUST_PROXY'>,
): string | undefined {
  const written = TRUST_PROXY > 0 ? header('x-forwarded-host') : undefined;
  const seen = written?.split(',').map((each) => each.trim());
  return seen?.at(-TRUST_PROXY) ?? seen?.[0];
}
