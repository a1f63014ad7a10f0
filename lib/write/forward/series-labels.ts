import type { Series } from '../../model/series';
import { type RelabelRule, relabel } from '../scrape/relabel';

/** `underscores`: names that every version of Prometheus takes; `allow-utf-8`: ours as they are. */
export const NAME_SCHEMES = ['underscores', 'allow-utf-8'] as const;
export type NameScheme = (typeof NAME_SCHEMES)[number];

const NAME_LABEL = '__name__';

/**
 * The labels of a series as Prometheus has them, in the order of their names, the metric's name as `__name__` among them;
 * null where a rule drops the series. A label without a value is none there.
 */
export function labelsForPrometheus(
  { metric, labels }: Pick<Series, 'metric' | 'labels'>,
  rules: readonly RelabelRule[],
  scheme: NameScheme,
): Array<[name: string, value: string]> | null {
  const name = scheme === 'underscores' ? withUnderscores(metric.name) : metric.name;
  const found = relabel({ ...labels, [NAME_LABEL]: name }, rules);
  if (!found?.[NAME_LABEL]) return null;
  return Object.entries(found)
    .filter(([label, value]) => value !== '' && (label === NAME_LABEL || !label.startsWith('__')))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Ours may have dots, dashes and slashes, and begin with a dot. */
function withUnderscores(name: string): string {
  return name.replace(/[./-]/g, '_');
}
