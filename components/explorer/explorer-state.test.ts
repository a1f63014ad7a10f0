import { describe, expect, it } from 'vitest';
import { explorerQuery, matchersOf, paramsOfShown, readExplorerState, shownOf } from './explorer-state';

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

  it.each([
    ['top 10', {}],
    ['top 50', { top: '50' }],
    ['bottom 5', { bottom: '5' }],
    ['all', { top: 'all' }],
  ])('shows %s, and says so in the URL only where it must', (shown, params) => {
    const state = readExplorerState('cpu', 'gauge', { by: 'host', ...params });
    expect(shownOf(state)).toBe(shown);
    expect(paramsOfShown(shown)).toEqual({ top: null, bottom: null, ...params });
  });

  it('ranks by the newest value unless told otherwise', () => {
    const ranked = readExplorerState('cpu', 'gauge', { by: 'host', bottom: '5', rank: 'range' });
    expect(explorerQuery(ranked)).toMatchObject({ bottom: '5', rank: 'range', top: undefined });
    expect(explorerQuery(readExplorerState('cpu', 'gauge', { rank: 'range' })).rank).toBeUndefined();
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
