/** The labels of a series: values by name. They distinguish the series of a metric. */
export type Labels = Readonly<Record<string, string>>;

export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export type MatchOperator = '=' | '!=' | '=~' | '!~';
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
}

/**
 * The canonical text of labels: names in code-unit order, each followed by its value, every part after a NUL, which
 * admission refuses in names and values. Two sets of labels are the same exactly when their keys are equal.
 */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) key += `\0${name}\0${labels[name]}`;
  return key;
}
