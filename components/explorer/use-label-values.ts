'use client';

import { useEffect, useState } from 'react';
import type { Labels, Matcher } from '@/lib/model/labels';
import { formatSelector } from '@/lib/model/selector';

const TYPING_MS = 200;
const SERIES_READ = '1000';

export interface LabelValues {
  values: string[];
  /** The metric has more series than were looked at. */
  more: boolean;
}

const NONE: LabelValues = { values: [], more: false };

/** Values that `label` has among the metric's series under the other filters, beginning with or holding `typed`. */
export function useLabelValues(
  metric: string,
  label: string,
  matchers: readonly Matcher[],
  typed: string,
): LabelValues {
  const [found, setFound] = useState(NONE);
  const others = formatSelector(matchers.filter((matcher) => matcher.label !== label));
  useEffect(() => {
    if (!label) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      // Suggestions are a help; without them a value can still be typed.
      readValues(metric, label, others, typed, abort.signal).then(setFound, () => setFound(NONE));
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [metric, label, others, typed]);
  return found;
}

async function readValues(
  metric: string,
  label: string,
  others: string,
  typed: string,
  signal: AbortSignal,
): Promise<LabelValues> {
  const holds = typed && `${label}=~${JSON.stringify(`(?i).*${escapeRegex(typed)}.*`)}`;
  const match = [others.slice(1, -1), holds].filter(Boolean).join(',');
  const form = new URLSearchParams({ metric, limit: SERIES_READ });
  if (match) form.set('match', `{${match}}`);
  const response = await fetch(`/api/series?${form}`, { signal });
  if (!response.ok) return NONE;
  const { series, next } = (await response.json()) as {
    series: Array<{ labels: Labels }>;
    next: string | null;
  };
  const values = new Set(series.flatMap(({ labels }) => labels[label] ?? []));
  return { values: [...values].sort(), more: next !== null };
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
