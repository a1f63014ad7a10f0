import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Registry } from '../../memory/catalogue/registry';
import { EndpointNames, MOST_ENDPOINTS, MOST_SERVICES, OTHER } from './endpoint-names';
import { templateOf } from './endpoint-template';
import { DEFAULT_RULES } from './rules/defaults';

describe('the template of an endpoint', () => {
  it.each([
    ['/', '/'],
    ['/users', '/users'],
    ['/users/123', '/users/:id'],
    ['GET /users/123/orders/9?page=2#top', 'GET /users/:id/orders/:id'],
    ['/v1/api2/items', '/v1/api2/items'],
    ['/carts/0b9e7f4a-1c2d-4e5f-8a9b-0c1d2e3f4a5b', '/carts/:id'],
    ['/blobs/9f86d081884c7d65', '/blobs/:id'],
    ['/orders/order-12345', '/orders/:id'],
    ['/days/2026-11-26', '/days/:id'],
    ['/u/jane@example.com', '/u/:id'],
    ['/tags/%E6%BC%A2', '/tags/:id'],
    ['/deadbeef', '/deadbeef'],
    ['/a//b', '/a/b'],
    ['job 4711', 'job :id'],
    ['UserService.Get', 'UserService.Get'],
    ['/a/b/c/d/e/f/g/h/i/j/k/l', '/a/b/c/d/e/f/g/h/i/j/…'],
    ['?page=2', null],
    [' \t', null],
  ])('%s → %s', (endpoint, template) => {
    expect(templateOf(endpoint)).toBe(template);
  });

  it('is short, whole, and its own template, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2_048 }), (endpoint) => {
        const template = templateOf(endpoint);
        if (template === null) return;
        expect(template.length).toBeLessThanOrEqual(256);
        expect(template.isWellFormed()).toBe(true);
        expect(template.trim()).not.toBe('');
      }),
    );
  });
});

describe('names that become labels', () => {
  it('are bounded: what goes beyond is "other", what was there stays', () => {
    const names = new EndpointNames(new Registry(), DEFAULT_RULES);
    for (let i = 0; i < MOST_ENDPOINTS; i++)
      expect(names.admit('shop', `/e${i}`)).toEqual({ service: 'shop', endpoint: `/e${i}` });
    expect(names.admit('shop', '/one-more')).toEqual({ service: 'shop', endpoint: OTHER });
    expect(names.admit('shop', '/e7')).toEqual({ service: 'shop', endpoint: '/e7' });
    for (let i = 1; i < MOST_SERVICES; i++) names.admit(`s${i}`, null);
    expect(names.admit('late', '/x')).toEqual({ service: OTHER, endpoint: OTHER });
    expect(names.admit('s1', '/x')).toEqual({ service: 's1', endpoint: '/x' });
  });

  it('are known from the series that there are, of before a start and of other nodes', () => {
    const registry = new Registry();
    const names = new EndpointNames(registry, DEFAULT_RULES);
    for (let i = 0; i < MOST_ENDPOINTS; i++)
      registry.add({
        id: i + 1,
        metricId: 1,
        metric: 'request_count',
        labels: { service: 'shop', endpoint: `/e${i}` },
        type: 'gauge',
        unit: '',
        lastSeen: 0,
      });
    expect(names.admit('shop', '/new').endpoint).toBe(OTHER);
    expect(names.admit('shop', '/e199').endpoint).toBe('/e199');
  });
});
