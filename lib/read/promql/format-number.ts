/** A value as Prometheus' API writes it. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (Object.is(value, -0)) return '-0';
  // Go writes two digits of an exponent at least; its threshold is JavaScript's.
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A value without an exponent, however long that is. */
export function formatPlain(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, whole, fraction = '', exponent] = match;
  const digits = whole + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

function formatSpecial(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
