/** A value of a series; null: none at this step; 'histogram': a native one, of which nothing is stored here. */
export type CaseValue = number | 'stale' | 'histogram' | null;

/** `1 2+3x2 _ _x5 stale` → its values. */
export function parseValues(text: string): CaseValue[] {
  return splitValues(text).flatMap(expand);
}

function splitValues(text: string): string[] {
  // Native histograms have blanks inside of their braces.
  return text.match(/(?:\{\{.*?\}\}|\S)+/g) ?? [];
}

function expand(item: string): CaseValue[] {
  if (item.startsWith('{{')) return Array(1 + Number(/x(\d+)$/.exec(item)?.[1] ?? 0)).fill('histogram');
  const gap = /^_(?:x(\d+))?$/.exec(item);
  if (gap) return Array(Number(gap[1] ?? 1)).fill(null);
  const repeated = /^(.+?)x(\d+)$/.exec(item);
  if (!repeated) return [one(item)];
  const [, base, times] = repeated;
  const sum = /^([+-]?(?:[\d.]+(?:e[+-]?\d+)?|inf|nan))([+-].+)$/i.exec(base);
  const first = sum ? one(sum[1]) : one(base);
  const delta = sum ? Number(one(sum[2])) : 0;
  const values: CaseValue[] = [];
  let value = first;
  for (let i = 0; i <= Number(times); i++) {
    values.push(value);
    // Added up one after the other, as Prometheus does.
    if (typeof value === 'number') value += delta;
  }
  return values;
}

function one(text: string): CaseValue {
  if (text === 'stale') return 'stale';
  const special = /^([+-]?)(inf|nan)$/i.exec(text);
  if (special) return /nan/i.test(text) ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  const value = Number(text.replaceAll('_', ''));
  if (Number.isNaN(value)) throw new Error(`not a value: ${text}`);
  return value;
}
