/** How many requests a minute each sender may make; Infinity: any number. */
export interface Rates {
  /** Of a key without a rate of its own, or of an address. */
  usual: number;
  byKey: ReadonlyMap<string, number>;
}

const ENTRY = /^(?:([\w-]{1,32})=)?(off|[1-9]\d{0,8})$/;

/** `RATE_LIMIT`: `600`, `off`, or with rates of named keys `600,ci=6000,backup=off`. Null for anything else. */
export function parseRates(text: string): Rates | null {
  let usual: number | null = null;
  const byKey = new Map<string, number>();
  for (const entry of text.split(',')) {
    const found = ENTRY.exec(entry.trim());
    if (!found) return null;
    const [, key, amount] = found;
    const rate = amount === 'off' ? Number.POSITIVE_INFINITY : Number(amount);
    if (key) byKey.set(key, rate);
    else if (usual === null) usual = rate;
    else return null;
  }
  return usual === null ? null : { usual, byKey };
}
