import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderByMetric } from './order';

it('puts rows in the order of metric, series and time, and says where each stood', () => {
  const row = fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 50 }), fc.double({ noNaN: true }));
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: ([id, t]) => `${id} ${t}` }), (given) => {
      const metricOf = (seriesId: number) => (seriesId * 7) % 5;
      const rows = {
        seriesIds: given.map(([id]) => id),
        timestamps: given.map(([, t]) => t),
        values: given.map(([, , value]) => value),
      };
      const ordered = orderByMetric(rows, rows.seriesIds.map(metricOf));
      expect(ordered.order.map((position) => given[position])).toEqual(
        ordered.rows.seriesIds.map((id, i) => [id, ordered.rows.timestamps[i], ordered.rows.values[i]]),
      );
      expect(ordered.metricIds).toEqual(ordered.rows.seriesIds.map(metricOf));
      const expected = given.toSorted(
        (a, b) => metricOf(a[0]) - metricOf(b[0]) || a[0] - b[0] || a[1] - b[1],
      );
      expect(ordered.order.map((position) => given[position])).toEqual(expected);
    }),
  );
});
