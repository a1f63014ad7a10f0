import { describe, expect, it } from 'vitest';
import {
  comparedWith,
  explorerQuery,
  matchersOf,
  paramsOfComparison,
  paramsOfShown,
  paramsOfStep,
  readExplorerState,
  shownOf,
} from './explorer-state';

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

  it('limits lines when grouped, unless the URL says otherwise', () => {
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

  it('ranks by the newest value unless the URL says otherwise', () => {
    const ranked = readExplorerState('cpu', 'gauge', { by: 'host', bottom: '5', rank: 'range' });
    expect(explorerQuery(ranked)).toMatchObject({ bottom: '5', rank: 'range', top: undefined });
    expect(explorerQuery(readExplorerState('cpu', 'gauge', { rank: 'range' })).rank).toBeUndefined();
  });

  it('hands on what else a question may have, and leaves out the band where there is arithmetic', () => {
    const params = { offset: '1d', fill: '0', expression: '100 * a / b', 'b.metric': 'requests_total' };
    const state = readExplorerState('errors', 'gauge', { ...params, colour: 'red' });
    expect(state.further).toEqual(params);
    expect(explorerQuery(state)).toMatchObject({ ...params, aggregate: 'avg(avg)' });
    expect(explorerQuery(state)).not.toHaveProperty('colour');
  });

  it.each(['0', '1h', '7d'])('compares with what was %s before, and back', (before) => {
    const params = Object.entries(paramsOfComparison(before)).filter(([, text]) => text !== null);
    const state = readExplorerState('cpu', 'gauge', Object.fromEntries(params) as Record<string, string>);
    expect(comparedWith(state)).toBe(before);
  });

  it('does not take other arithmetic for a comparison', () => {
    expect(comparedWith(readExplorerState('cpu', 'gauge', { expression: 'a / b' }))).toBeNull();
    const other = { expression: 'a - b', 'b.offset': '1d', 'b.metric': 'memory' };
    expect(comparedWith(readExplorerState('cpu', 'gauge', other))).toBeNull();
  });

  it('takes days for those of whoever looks', () => {
    expect(paramsOfStep('day', 'Europe/Berlin')).toEqual({ step: 'day', timezone: 'Europe/Berlin' });
    expect(paramsOfStep('day', 'UTC')).toEqual({ step: 'day', timezone: null });
    expect(paramsOfStep('hour', 'Europe/Berlin')).toEqual({ step: 'hour', timezone: null });
    expect(paramsOfStep('auto', 'Europe/Berlin')).toEqual({ step: null, timezone: null });
  });

  it('leaves the number of points to an explicit step', () => {
    const state = readExplorerState('cpu', 'gauge', { step: '10s' });
    expect(explorerQuery(state)).toMatchObject({ step: '10s', maxPoints: undefined });
  });

  it('hands on what it does not understand, for the answer to refuse', () => {
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
