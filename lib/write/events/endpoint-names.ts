import type { Registry } from '../../memory/catalogue/registry';
import type { EventRules } from './rules/schema';

/** Services with endpoints of their own, and endpoints of each: more of them share a name. */
export const MOST_SERVICES = 500;
export const MOST_ENDPOINTS = 200;
export const OTHER = 'other';

/**
 * Bounds the names that become labels. What was taken before is what the catalogue of series has, on every node and
 * after every start the same; nodes that take new names at the same moment may go beyond the bound by a few.
 */
export class EndpointNames {
  private readonly endpointsOf = new Map<string, Set<string>>();
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly registry: Pick<Registry, 'metrics'>,
    private readonly rules: EventRules,
  ) {}

  /** The names that stand for these. */
  admit(service: string, endpoint: string | null): { service: string; endpoint: string | null } {
    this.learn();
    let known = this.endpointsOf.get(service);
    if (!known) {
      if (this.endpointsOf.size >= MOST_SERVICES) return this.admitOther(endpoint);
      known = new Set();
      this.endpointsOf.set(service, known);
    }
    return { service, endpoint: endpoint === null ? null : admitted(known, endpoint) };
  }

  private admitOther(endpoint: string | null) {
    return { service: OTHER, endpoint: endpoint === null ? null : OTHER };
  }

  /** Reads the series that have come since the last time. */
  private learn(): void {
    for (const { metric } of this.rules.metrics) {
      const series = this.registry.metrics.get(metric)?.series;
      if (!series) continue;
      let at = this.seen.get(metric) ?? 0;
      for (; at < series.length; at++) {
        const { service = '', endpoint } = series[at].labels;
        let known = this.endpointsOf.get(service);
        if (!known) {
          known = new Set();
          this.endpointsOf.set(service, known);
        }
        if (endpoint !== undefined) known.add(endpoint);
      }
      this.seen.set(metric, at);
    }
  }
}

function admitted(known: Set<string>, endpoint: string): string {
  if (known.has(endpoint)) return endpoint;
  if (known.size >= MOST_ENDPOINTS) return OTHER;
  known.add(endpoint);
  return endpoint;
}
