import type { Labels } from '@/lib/model/labels';

/** What a group is called: its values of the labels it is grouped by; `fallback` for the one group of everything. */
export function seriesName(labels: Labels, by: readonly string[], fallback: string): string {
  if (by.length === 0) return fallback;
  return by.map((label) => labels[label] || `no ${label}`).join(' · ');
}
