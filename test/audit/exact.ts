/**
 * Arithmetic without rounding: every float64 is a whole number of 2^-1074, the smallest there is. What is computed
 * here shares no code and no method with the product.
 */

/** A number as `units / over`, in 2^-1074. */
export interface Ratio {
  units: bigint;
  over: bigint;
}

const LARGEST = Number.MAX_VALUE;
const view = new DataView(new ArrayBuffer(8));

/** @returns the value in units of 2^-1074. */
export function unitsOf(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const units = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -units : units;
}

export function sumOf(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + unitsOf(value), 0n);
}

/** The float64 nearest to a ratio, or the largest there is where none is large enough. */
export function toNumber({ units, over }: Ratio): number {
  if (units < 0n) return -toNumber({ units: -units, over });
  if (units === 0n) return 0;
  // 64 digits of the quotient, and whether anything is left behind them.
  const shift = Math.max(0, 64 - units.toString(2).length + over.toString(2).length);
  const dividend = units << BigInt(shift);
  const digits = dividend / over;
  const sticky = dividend % over === 0n ? 0n : 1n;
  return scaled(digits | sticky, -1074 - shift);
}

/** `digits * 2^exponent`, rounded once: denormals lose their last digits here and not before. */
function scaled(digits: bigint, exponent: number): number {
  const width = digits.toString(2).length;
  const spare = Math.max(width - 53, -1074 - exponent, 0);
  const half = spare === 0 ? 0n : 1n << BigInt(spare - 1);
  const rounded = (digits + half) >> BigInt(spare);
  const power = exponent + spare;
  if (width + exponent > 1025) return LARGEST;
  // In two factors: neither may leave the range that the product is in.
  const first = Math.max(-1000, Math.min(900, power));
  const result = Number(rounded) * 2 ** first * 2 ** (power - first);
  return Number.isFinite(result) ? result : LARGEST;
}

/** The square root of a ratio of squares: `units` in 2^-2148. */
export function rootOf({ units, over }: Ratio): number {
  // Many digits more than are needed, so that the root of a small ratio has them, too.
  const more = 512n;
  return toNumber({ units: root((units << (2n * more)) / over), over: 1n << more });
}

function root(square: bigint): bigint {
  if (square < 2n) return square;
  let guess = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const better = (guess + square / guess) >> 1n;
    if (better >= guess) return guess;
    guess = better;
  }
}
