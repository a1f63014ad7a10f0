/** A function of a value; with parameters, one number each for the step. */
export type ValueFunction = (value: number, ...params: number[]) => number;

export const MATH: Readonly<Record<string, ValueFunction>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
  clamp: (value, min, max) => Math.max(min, Math.min(max, value)),
  clamp_min: (value, min) => Math.max(min, value),
  clamp_max: (value, max) => Math.min(max, value),
  // Ties are rounded up. By the inverse, which is exact more often.
  round: (value, nearest = 1) => {
    const inverse = 1 / nearest;
    return Math.floor(value * inverse + 0.5) / inverse;
  },
};
