import { expect, it } from 'vitest';
import { metricInPath } from './path';

it.each([
  ['/api/metrics/cpu_usage_percent', 'cpu_usage_percent'],
  ['/api/metrics/app/http.requests:rate', 'app/http.requests:rate'],
  ['/api/metrics/app%2Fhttp.requests%3Arate', 'app/http.requests:rate'],
])('%s names %s', (path, name) => {
  expect(metricInPath(path)).toBe(name);
});

it.each(['/api/metrics/', '/api/metrics/a%20b', '/api/metrics/%E0%A4%A', '/api/metrics/%00'])(
  'there is no metric at %s',
  (path) => {
    expect(() => metricInPath(path)).toThrow(expect.objectContaining({ code: 'unknown_metric' }));
  },
);
