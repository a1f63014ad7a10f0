import { LABEL_NAME, type Labels } from '../../model/labels';
import { LIMITS } from '../../model/limits';
import { METRIC_NAME } from '../../model/series';

/**
 * Names of other protocols as ours: whatever character ours cannot have becomes `_`, and what begins with a digit
 * gets one in front. Metrics keep dots, dashes and slashes; labels keep letters, digits and `_`.
 */
export function toMetricName(text: string): string {
  if (METRIC_NAME.test(text)) return text;
  return begun(text.replace(/[^a-zA-Z0-9_:./-]/gu, '_'), METRIC_NAME);
}

export function toLabelName(text: string): string {
  if (LABEL_NAME.test(text)) return text;
  return begun(text.replace(/[^a-zA-Z0-9_]/gu, '_'), LABEL_NAME);
}

/**
 * Labels of these names and values. Values of names that became the same are joined by `;`, in the order of the names
 * that were sent, as OpenTelemetry's rules for Prometheus have it. `Object.fromEntries` makes `__proto__` an own
 * property, which admission refuses.
 */
export function toLabels(sent: ReadonlyMap<string, string>): Labels {
  const entries = new Map<string, string>();
  let isMapped = false;
  for (const name of sent.keys()) isMapped ||= !LABEL_NAME.test(name);
  if (!isMapped) return Object.fromEntries(sent);
  for (const name of [...sent.keys()].sort()) {
    const label = toLabelName(name);
    const value = sent.get(name)!;
    const other = entries.get(label);
    entries.set(label, other === undefined ? value : `${other};${value}`);
  }
  return Object.fromEntries(entries);
}

/** A unit as ours, if it can be one. */
export function toUnit(text: string): string | undefined {
  return text === '' || text.length > LIMITS.unitLength || text.includes('\0') ? undefined : text;
}

function begun(text: string, pattern: RegExp): string {
  return text === '' || pattern.test(text) ? text : `_${text}`;
}
