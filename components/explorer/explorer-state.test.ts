import { describe, expect, it } from 'vitest';
import { explorerQuery, matchersOf, readExplorerState } from './explorer-state';

describe('the explorer’s URL', () => {
  it('says nothing by default: the last minutes, averages with their extremes, live', () => {
    const state = readExplorerState('cpu', 'gauge', {});
    expect(explorerQuery(state)).toEqual({
      metric: 'cpu',
      start: 'now-15m',
      end: 'now',
      step: 'auto',
      maxPoints: '600',
      aggregate: 'avg(avg),min,max',
      by: '',
      match: '',
      top: undefined,
    });
  });

  it('takes a counter for its rate', () => {
    expect(readExplorerState('requests_total', 'counter', {}).aggregate).toBe('rate');
  });

  it('limits lines when grouped, unless told not to', () => {
    const grouped = readExplorerState('cpu', 'gauge', { by: 'host,core' });
    expect(grouped.by).toEqual(['host', 'core']);
    expect(explorerQuery(grouped).top).toBe('10');
    expect(explorerQuery({ ...grouped, top: 'all' }).top).toBeUndefined();
  });

  it('leaves the number of points to an explicit step', () => {
    const state = readExplorerState('cpu', 'gauge', { step: '10s' });
    expect(explorerQuery(state)).toMatchObject({ step: '10s', maxPoints: undefined });
  });

  it('hands on what it does not understand, for the answer to judge', () => {
    const state = readExplorerState('cpu', 'gauge', {
      start: 'yesterday',
      match: '{host=',
      top: 'many',
      by: ['a', 'b'],
    });
    expect(explorerQuery(state)).toMatchObject({
      start: 'yesterday',
      match: '{host=',
      top: 'many',
      by: 'a,b',
    });
    expect(matchersOf(state.match)).toBeNull();
  });
});
