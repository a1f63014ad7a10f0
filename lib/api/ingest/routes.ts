import type { IngestEndpoint } from './endpoint';

const BELOW = '/*';
/** Paths allowed below a prefix: none that decoding or normalising could turn into another path. */
const PLAIN_REST = /^(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~:@=+,-]|%(?!2[ef]|5c|00)[\da-f]{2})+)+$/i;

/** What an endpoint's `path` says. */
export function routeOf({ path }: Pick<IngestEndpoint, 'path'>): { method: string; path: string } {
  const [, method = 'POST', plain = path] = /^([A-Z]+) (.*)$/.exec(path) ?? [];
  return { method, path: plain };
}

/** Finds the endpoint of a path and a method. The path must be spelled exactly as the endpoint's. */
export class IngestRoutes {
  private readonly byMethod = new Map<string, Paths>();

  /** @throws Error when two endpoints have one path and method. */
  constructor(endpoints: readonly IngestEndpoint[]) {
    for (const endpoint of endpoints) {
      const { method, path } = routeOf(endpoint);
      const paths = this.byMethod.get(method) ?? new Paths();
      paths.add(path, endpoint);
      this.byMethod.set(method, paths);
    }
  }

  at(path: string, method = 'POST'): IngestEndpoint | undefined {
    return this.byMethod.get(method)?.at(path);
  }

  /** The methods with which samples are sent to it; none where it is no endpoint's. */
  methodsAt(path: string): string[] {
    return [...this.byMethod].flatMap(([method, paths]) => (paths.at(path) ? method : []));
  }
}

class Paths {
  private readonly exact = new Map<string, IngestEndpoint>();
  private readonly prefixes = new Map<string, IngestEndpoint>();

  add(path: string, endpoint: IngestEndpoint): void {
    const [paths, key] = path.endsWith(BELOW)
      ? [this.prefixes, path.slice(0, -BELOW.length)]
      : [this.exact, path];
    if (paths.has(key)) throw new Error(`There are two ingest endpoints at ${path}.`);
    paths.set(key, endpoint);
  }

  at(path: string): IngestEndpoint | undefined {
    return this.exact.get(path) ?? this.below(path);
  }

  private below(path: string): IngestEndpoint | undefined {
    for (const [prefix, endpoint] of this.prefixes)
      if (path.startsWith(prefix) && PLAIN_REST.test(path.slice(prefix.length))) return endpoint;
    return undefined;
  }
}
