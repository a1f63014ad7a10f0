import type { IngestEndpoint } from './endpoint';

const BELOW = '/*';
/** Paths allowed below a prefix: none that decoding or normalising could turn into another path. */
const PLAIN_REST = /^(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~:@=+,-]|%(?!2[ef]|5c|00)[\da-f]{2})+)+$/i;

/** Finds the endpoint of a path. The path must be spelled exactly as the endpoint's. */
export class IngestRoutes {
  private readonly exact = new Map<string, IngestEndpoint>();
  private readonly prefixes: Array<{ prefix: string; endpoint: IngestEndpoint }> = [];

  /** @throws Error when two endpoints have one path. */
  constructor(endpoints: readonly IngestEndpoint[]) {
    for (const endpoint of endpoints) {
      const { path } = endpoint;
      if (endpoints.find((other) => other.path === path) !== endpoint)
        throw new Error(`There are two ingest endpoints at ${path}.`);
      if (path.endsWith(BELOW)) this.prefixes.push({ prefix: path.slice(0, -BELOW.length), endpoint });
      else this.exact.set(path, endpoint);
    }
  }

  at(path: string): IngestEndpoint | undefined {
    return this.exact.get(path) ?? this.below(path);
  }

  private below(path: string): IngestEndpoint | undefined {
    for (const { prefix, endpoint } of this.prefixes)
      if (path.startsWith(prefix) && PLAIN_REST.test(path.slice(prefix.length))) return endpoint;
    return undefined;
  }
}
