import type { OriginHeaders } from './login';

/** What a request says of where it was made. */
export function originHeaders({ headers }: Request): OriginHeaders {
  return {
    origin: headers.get('origin') ?? undefined,
    host: headers.get('host') ?? undefined,
    secFetchSite: headers.get('sec-fetch-site') ?? undefined,
  };
}

/** Whether the browser used TLS, to us or to the proxy before us. Said wrongly, it only costs the liar a cookie. */
export function isSecure({ headers, url }: Request): boolean {
  return (headers.get('x-forwarded-proto') ?? new URL(url).protocol).startsWith('https');
}
