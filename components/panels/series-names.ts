import type { Labels } from '@/lib/model';

/** What a group is called: the values of the labels it is grouped by; `fallback` for the one group of everything. */
export function seriesName(labels: Labels, fallback: string): string {
  const values = Object.entries(labels);
  if (values.length === 0) return fallback;
  return values.map(([label, value]) => value || `no ${label}`).join(' · ');
}
