import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Labels } from '../../model/labels';

/** What a rule does with the labels of a target, or of a sample (Prometheus' manual, "relabel_config"). */
const ACTIONS = [
  'replace',
  'keep',
  'drop',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

/** Anchored at both ends, in RE2's syntax, as in Prometheus. */
const expression = z.string().transform((text, context) => {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL);
  } catch (error) {
    context.addIssue(`a regular expression of RE2: ${(error as Error).message}`);
    return z.NEVER;
  }
});

/** One entry of `relabel_configs` or `metric_relabel_configs`. */
export const relabelRule = z
  .strictObject({
    source_labels: z.array(z.string()).default([]),
    separator: z.string().default(';'),
    target_label: z.string().optional(),
    regex: z.coerce.string().default('(.*)').pipe(expression),
    replacement: z.coerce.string().default('$1'),
    action: z.enum(ACTIONS).default('replace'),
  })
  .refine(
    ({ action, target_label: target }) => target || !['replace', 'lowercase', 'uppercase'].includes(action),
    {
      path: ['target_label'],
      error: 'a label name, which this action needs',
    },
  );

export type RelabelRule = z.output<typeof relabelRule>;

/** Applies rules one after the other. @returns the new labels; null when a rule drops what has them */
export function relabel(labels: Labels, rules: readonly RelabelRule[]): Labels | null {
  let current: Record<string, string> = { ...labels };
  for (const rule of rules) {
    const next = applyRule(current, rule);
    if (!next) return null;
    current = next;
  }
  return current;
}

function applyRule(labels: Record<string, string>, rule: RelabelRule): Record<string, string> | null {
  const { source_labels: sources, separator, regex, action } = rule;
  const source = sources.map((name) => labels[name] ?? '').join(separator);
  switch (action) {
    case 'keep':
      return regex.testExact(source) ? labels : null;
    case 'drop':
      return regex.testExact(source) ? null : labels;
    case 'lowercase':
      return withLabel(labels, rule.target_label!, source.toLowerCase());
    case 'uppercase':
      return withLabel(labels, rule.target_label!, source.toUpperCase());
    case 'labeldrop':
      return where(labels, (name) => !regex.testExact(name));
    case 'labelkeep':
      return where(labels, (name) => regex.testExact(name));
    case 'labelmap':
      return mapNames(labels, rule);
    case 'replace':
      return replace(labels, source, rule);
  }
}

/** Nothing changes where the expression does not match; an empty value removes the label. */
function replace(labels: Record<string, string>, source: string, rule: RelabelRule): Record<string, string> {
  const groups = match(rule.regex, source);
  if (!groups) return labels;
  return withLabel(labels, expand(rule.target_label!, groups), expand(rule.replacement, groups));
}

function mapNames(
  labels: Record<string, string>,
  { regex, replacement }: RelabelRule,
): Record<string, string> {
  let mapped = labels;
  for (const [name, value] of Object.entries(labels)) {
    const groups = match(regex, name);
    if (groups) mapped = withLabel(mapped, expand(replacement, groups), value);
  }
  return mapped;
}

function withLabel(labels: Record<string, string>, name: string, value: string): Record<string, string> {
  const { [name]: _, ...others } = labels;
  return value === '' ? others : { ...others, [name]: value };
}

function where(labels: Record<string, string>, keeps: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => keeps(name)));
}

/** The groups by number and by name of a whole match. */
function match(regex: RE2JS, text: string): ((group: string) => string) | null {
  const matcher = regex.matcher(text);
  if (!matcher.matches()) return null;
  const names = regex.namedGroups();
  return (group) => {
    const number = /^\d+$/.test(group) ? Number(group) : names[group];
    return number === undefined || number > regex.groupCount() ? '' : (matcher.group(number) ?? '');
  };
}

/** `$1`, `${1}`, `$name`, `${name}`, and `$$` for a dollar (Go's `regexp.Expand`). */
function expand(template: string, groups: (group: string) => string): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, plain, braced) =>
    whole === '$$' ? '$' : groups(plain ?? braced),
  );
}
