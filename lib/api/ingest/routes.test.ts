import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { INGEST_ENDPOINTS } from './endpoints';
import { eventsEndpoint } from './events';
import { jsonEndpoint } from './json';
import { IngestRoutes, routeOf } from './routes';

const at = (...paths: string[]) => paths.map((path) => ({ ...jsonEndpoint, path }));

test('a path leads to its endpoint as it is written, and in no other way', () => {
  const [write, metrics] = at('/api/v2/write', '/v1/metrics');
  const routes = new IngestRoutes([write, metrics]);
  expect(routes.at('/api/v2/write')).toBe(write);
  expect(routes.at('/v1/metrics')).toBe(metrics);
  for (const path of [
    '/',
    '/api/v2',
    '/api/v2/write/',
    '/api/v2/write/x',
    '/API/v2/write',
    '/api/v2/%77rite',
    '//v1/metrics',
    '/v1/./metrics',
    '/v1/metrics;x',
    'constructor',
  ])
    expect(routes.at(path), path).toBeUndefined();
});

test('a prefix leads everything below it to its endpoint, but nothing that leads elsewhere', () => {
  const [job, exact] = at('/push/job/*', '/push/job/one');
  const routes = new IngestRoutes([job, exact]);
  for (const path of [
    '/push/job/backup',
    '/push/job/backup/instance/db-1',
    '/push/job/a%20b',
    '/push/job/.a',
  ])
    expect(routes.at(path), path).toBe(job);
  expect(routes.at('/push/job/one')).toBe(exact);
  for (const path of [
    '/push/job',
    '/push/job/',
    '/push/job/a/',
    '/push/jobs/x',
    '/push/job/../../api/hosts',
    '/push/job/a/..',
    '/push/job/./a',
    '/push/job/a%2f..%2fb',
    '/push/job/%2e%2e/x%5c',
    '/push/job//a',
    '/push/job/a\\b',
    '/push/job/a%0',
    '/push/job/%00',
  ])
    expect(routes.at(path), path).toBeUndefined();
});

test('two endpoints have two paths', () => {
  expect(() => new IngestRoutes(at('/api/v2/write', '/api/v2/write'))).toThrow('/api/v2/write');
});

test('a path may be asked with other methods than POST, each by a row of its own', () => {
  const [put, remove, post] = at('PUT /push/job/*', 'DELETE /push/job/*', '/push/job/one');
  const routes = new IngestRoutes([put, remove, post]);
  expect([routes.at('/push/job/one', 'PUT'), routes.at('/push/job/one', 'DELETE')]).toEqual([put, remove]);
  expect([routes.at('/push/job/one'), routes.at('/push/job/two')]).toEqual([post, undefined]);
  for (const method of ['GET', 'put', 'constructor', ''])
    expect(routes.at('/push/job/one', method)).toBeUndefined();
  expect(routes.methodsAt('/push/job/one')).toEqual(['PUT', 'DELETE', 'POST']);
  expect(routes.methodsAt('/push/job/two')).toEqual(['PUT', 'DELETE']);
  expect(routes.methodsAt('/push/job/')).toEqual([]);
  expect(() => new IngestRoutes(at('PUT /a', 'PUT /a'))).toThrow('/a');
});

test('where Next.js answers nothing stands in the way of an endpoint', () => {
  // Its folder would take what is posted there; those of our own protocols hand it on.
  const inTheWay = INGEST_ENDPOINTS.filter(({ path }) => existsSync(`app${routeOf({ path }).path}/route.ts`));
  expect(inTheWay.map(({ path }) => path)).toEqual([jsonEndpoint.path, eventsEndpoint.path]);
});
