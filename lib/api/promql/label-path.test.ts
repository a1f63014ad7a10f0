import { expect, test } from 'vitest';
import { PromqlError } from '../../read/promql/errors';
import { labelOfPath } from './label-path';

test.each([
  ['host', 'host'],
  ['a%20b', 'a b'],
  ['U__service_2e_name', 'service.name'],
  ['U__a__b_1f600_', 'a_b😀'],
  ['U__broken_', 'U__broken_'],
  ['U__a_110000_', 'U__a_110000_'],
  ['', ''],
])('%s is the label %s', (segment, label) => {
  expect(labelOfPath(`/api/v1/label/${segment}/values`)).toBe(label);
});

test.each(['%', '%zz', '%ff', 'a%e2%82'])('%s is refused', (segment) => {
  expect(() => labelOfPath(`/api/v1/label/${segment}/values`)).toThrow(PromqlError);
});
