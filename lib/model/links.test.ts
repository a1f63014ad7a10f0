import { expect, it } from 'vitest';
import { apiHref, metricHref, nameFromSegments } from './links';

/** As a browser resolves it and Next.js hands it over. */
function segmentsOf(href: string): string[] {
  return new URL(href, 'http://pulseboard.test').pathname.split('/').slice(2);
}

it.each(['cpu_usage_percent', 'http/requests', 'job:rate:5m', 'a//b', 'a/../b', 'a/', './a', 'x/..'])(
  'the metric %s survives its address',
  (name) => {
    expect(nameFromSegments(segmentsOf(metricHref(name)))).toBe(name);
  },
);

it('keeps slashes readable and leaves unset parameters out', () => {
  expect(metricHref('http/requests', { by: 'host', top: undefined })).toBe('/metrics/http/requests?by=host');
  expect(apiHref('cpu', { match: '{a="b"}' })).toBe('/api/metrics/cpu?match=%7Ba%3D%22b%22%7D');
});

it('is null for what is not UTF-8', () => {
  expect(nameFromSegments(['%E0%A4%A'])).toBeNull();
});
