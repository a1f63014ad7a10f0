import type { PrometheusClient } from '@prometheus-io/codemirror-promql';
import { search } from '@/lib/model/links';
import { MINUTE } from '@/lib/model/time/duration';

/** Entries that are asked for: more than anybody reads, and not the whole of a large catalogue. */
const MOST_METRICS = '10000';
const MOST_LABELS = '1000';
/** How long an answer is good enough to complete by. */
const KEPT_MS = MINUTE;
const MOST_KEPT = 100;

/** Names of metrics and labels, and values, for completion; each is asked once a minute at most. */
export function createNamesClient(): PrometheusClient {
  const kept = new Map<string, { at: number; answer: Promise<unknown> }>();
  const abort = new AbortController();

  function ask<T>(path: string, parameters: Record<string, string | undefined>, none: T): Promise<T> {
    const url = `/api/v1/${path}${search(parameters)}`;
    const known = kept.get(url);
    if (known && performance.now() - known.at < KEPT_MS) return known.answer as Promise<T>;
    // Completion is a help; without it an expression can still be typed.
    const answer = read<T>(url, abort.signal).catch(() => {
      kept.delete(url);
      return none;
    });
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
    kept.set(url, { at: performance.now(), answer });
    return answer;
  }
  const of = (metric: string | undefined) => ({
    'match[]': metric && `{__name__=${JSON.stringify(metric)}}`,
    limit: MOST_LABELS,
  });

  return {
    metricNames: () => ask<string[]>('label/__name__/values', { limit: MOST_METRICS }, []),
    metricMetadata: () => ask('metadata', { limit: MOST_METRICS }, {}),
    labelNames: (metric) => ask<string[]>('labels', of(metric), []),
    labelValues: (label, metric) =>
      ask<string[]>(`label/${encodeURIComponent(label)}/values`, of(metric), []),
    // Asked for by other uses of the same library.
    series: () => Promise.resolve([]),
    flags: () => Promise.resolve({}),
    destroy: () => abort.abort(),
  };
}

async function read<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return ((await response.json()) as { data: T }).data;
}
