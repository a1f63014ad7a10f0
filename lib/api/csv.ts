import type { HistoryAnswer } from '../model/wire/history';

/**
 * An answer as CSV (RFC 4180), line by line, one point a line: `timestamp` in epoch ms, `time` in ISO 8601, the labels
 * grouped by, then a column for each aggregate. A group without one of the labels has an empty field there. A value
 * that a spreadsheet would take for a formula begins with a single quote.
 */
export function* csvOfAnswer(
  { aggregate, series }: Pick<HistoryAnswer, 'aggregate' | 'series'>,
  by: readonly string[],
): Generator<string> {
  yield line(['timestamp', 'time', ...by, ...aggregate.split(',')].map(quote));
  for (const { labels, points } of series) {
    const groupFields = by.map((name) => quote(labels[name] ?? ''));
    for (const [t, ...values] of points) {
      yield line([String(t), new Date(t).toISOString(), ...groupFields, ...values.map(field)]);
    }
  }
}

/** Null is an empty field. */
function field(value: number | null): string {
  return value === null ? '' : String(value);
}

function line(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

/**
 * What begins a formula. Senders choose labels freely, so a quote and a new line count as a beginning, too: a program
 * that reads them wrongly begins a cell there. https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/;
const FORMULA_WITHIN = /(["\r\n]\s*)(?=[=+\-@＝＋－＠])/g;
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

function quote(field: string): string {
  if (NUMBER.test(field)) return field;
  const text = field.replace(FORMULA_WITHIN, "$1'").replace(FORMULA, "'");
  // Semicolons and tabs separate fields for some programs.
  return text !== field || /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Whether a client requests CSV: with `format=csv`, as a link can, or by preferring it in `Accept`.
 */
export function requestsCsv(format: string | null, accept: string | null): boolean {
  if (format !== null) return format === 'csv';
  return preference(accept, 'text/csv') > preference(accept, 'application/json');
}

/** RFC 9110, 12.5.1: the weight `Accept` gives to a type, by name alone; a wildcard is no preference. */
function preference(accept: string | null, type: string): number {
  const entry = accept?.split(',').find((range) => range.trim().toLowerCase().startsWith(type));
  if (!entry) return 0;
  return Number(/;\s*q=([\d.]+)/i.exec(entry)?.[1] ?? 1);
}
