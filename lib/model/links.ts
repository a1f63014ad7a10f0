import type { Route } from 'next';
import type { ProtocolId } from './protocols/protocols';

type SearchState = Record<string, string | undefined>;

/** Where a metric's explorer is. Slashes of the name stay readable unless a URL would normalise them away. */
export function metricHref(name: string, state: SearchState = {}): Route {
  return `/metrics/${namePath(name)}${search(state)}` as Route;
}

export function hostHref(host: string, state: SearchState = {}): Route {
  return `/hosts/${encodeURIComponent(host)}${search(state)}` as Route;
}

/** The list of events, with these filters. */
export function eventsHref(filters: SearchState = {}): Route {
  return `/events${search(filters)}` as Route;
}

/** How to send, by this protocol where one is named. */
export function connectHref(protocol?: ProtocolId): Route {
  return (protocol ? `/connect#${protocol}` : '/connect') as Route;
}

/** The API address of the same question, for CSV and for people who copy it. */
export function apiHref(name: string, state: SearchState): string {
  return `/api/metrics/${namePath(name)}${search(state)}`;
}

/** `['a%2Fb']` or `['a','b']` as Next.js hands over a catch-all segment → `"a/b"`; null when it is not valid UTF-8. */
export function nameFromSegments(segments: readonly string[]): string | null {
  try {
    return segments.map(decodeURIComponent).join('/');
  } catch {
    return null;
  }
}

/** `?a=1&b=2` of what is set, or nothing. */
export function search(state: SearchState): string {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) if (value) form.set(key, value);
  const text = form.toString();
  return text && `?${text}`;
}

function namePath(name: string): string {
  const parts = name.split('/');
  const survives = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  return survives ? parts.map(encodeURIComponent).join('/') : encodeURIComponent(name);
}
