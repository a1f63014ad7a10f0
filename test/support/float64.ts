import fc from 'fast-check';

const EDGES = [
  0,
  1,
  5e-324,
  2.5e-323,
  2 ** -1022,
  1e-290,
  1e290,
  1e299,
  1.1e299,
  1e300,
  1.7e308,
  Number.MAX_VALUE,
];

/** Any finite float64, and more often than not one of its edges. */
export const anyFloat64 = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(...EDGES, ...EDGES.map((value) => -value)),
    fc.double({ noNaN: true, min: -1e-307, max: 1e-307 }),
    fc.double({ noNaN: true, min: 1e298, max: Number.MAX_VALUE }),
    fc.double({ noNaN: true, min: -Number.MAX_VALUE, max: -1e298 }),
    fc.double({ noNaN: true, min: -100, max: 100 }),
  )
  // Zero has no sign here.
  .map((value) => value + 0);
