/** The smallest float64 above zero: every float64 is a whole number of these. */
const UNIT = 2 ** -1074;
/** More than the 53 bits of a float64, so that rounding once is rounding right. */
const KEPT_BITS = 64;

/** A float64 as a whole number of 2^-1074, exactly. */
export function exact(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return word >> 63n ? -size : size;
}

/** `units / divisor` as the nearest float64, the last one where it lies beyond; `divisor` above zero. */
export function nearest(units: bigint, divisor = 1n): number {
  if (units < 0n) return -nearest(-units, divisor);
  if (units === 0n) return 0;
  const surplus = bitsOf(units) - bitsOf(divisor) - KEPT_BITS;
  // Below the normal float64s a unit is the last digit: rounding happens there.
  const shift = BigInt(Math.max(surplus, 0));
  const whole = units / (divisor << shift);
  const hasRest = whole * (divisor << shift) !== units;
  if (shift === 0n && whole < 1n << 53n) return Number(roundHalfEven(units, divisor)) * UNIT;
  // The digit that says whether there is a rest decides between two float64s that are equally near without it.
  const rounded = Number((whole << 1n) | (hasRest ? 1n : 0n));
  const exponent = Number(shift) - 1;
  const half = Math.trunc(exponent / 2);
  return Math.min(Number.MAX_VALUE, rounded * UNIT * 2 ** half * 2 ** (exponent - half));
}

function roundHalfEven(units: bigint, divisor: bigint): bigint {
  const whole = units / divisor;
  const twice = 2n * (units - whole * divisor);
  const up = twice > divisor || (twice === divisor && whole % 2n === 1n);
  return up ? whole + 1n : whole;
}

function bitsOf(value: bigint): number {
  return value.toString(2).length;
}

/** The root of a whole number, rounded down. */
export function squareRoot(square: bigint): bigint {
  if (square === 0n) return 0n;
  let root = 1n << BigInt((bitsOf(square) + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
