import { describe, expect, test } from 'vitest';
import type { Matcher } from '../labels';
import {
  changeQuery,
  chooseValues,
  chosenValues,
  EVERY_HOST,
  formatHostsQuery,
  type HostsQuery,
  parseHostsQuery,
} from './hosts-query';

const parse = (text: string) => parseHostsQuery(new URLSearchParams(text));

describe('the state of the list in a URL', () => {
  test('is empty for the whole list, and reads back as it was written', () => {
    expect(formatHostsQuery(EVERY_HOST)).toBe('');
    const query: HostsQuery = {
      search: 'web 1',
      statuses: ['late', 'gone'],
      matchers: [{ label: 'region', operator: '=~', value: 'eu|us' }],
      sort: 'cpu',
      descending: true,
      page: 3,
      pageSize: 100,
    };
    expect(parse(formatHostsQuery(query))).toEqual({ query, problems: [] });
  });

  test('names what it cannot read and goes on with the rest', () => {
    const { query, problems } = parse('q=db&status=late,lost&sort=colour&page=0&size=5000&match=region');
    expect(query).toEqual({ ...EVERY_HOST, search: 'db' });
    expect(problems.map(({ parameter }) => parameter)).toEqual(['status', 'match', 'sort', 'page', 'size']);
  });

  test('says that hosts have no metric name', () => {
    expect(parse('match={__name__="cpu"}').problems).toMatchObject([{ parameter: 'match' }]);
  });

  test('goes back to the first page when a filter changes', () => {
    expect(changeQuery({ ...EVERY_HOST, page: 7 }, { search: 'x' }).page).toBe(1);
    expect(changeQuery({ ...EVERY_HOST, page: 7 }, { page: 8 }).page).toBe(8);
  });
});

describe('values chosen for a label', () => {
  test('are one matcher, whatever characters they have', () => {
    const values = ['eu-1', 'a.b|c', '(x)'];
    const matchers = chooseValues([], 'zone', values);
    expect(matchers).toHaveLength(1);
    expect(chosenValues(matchers, 'zone')).toEqual(values);
    expect(chooseValues(matchers, 'zone', ['eu-1'])).toEqual([
      { label: 'zone', operator: '=', value: 'eu-1' },
    ]);
    expect(chooseValues(matchers, 'zone', [])).toEqual([]);
  });

  test('leave expressions written by hand alone', () => {
    const byHand: Matcher[] = [
      { label: 'zone', operator: '=~', value: 'eu-.*' },
      { label: 'zone', operator: '=~', value: 'eu-\\d' },
      { label: 'zone', operator: '!=', value: 'eu-3' },
    ];
    expect(chosenValues(byHand, 'zone')).toEqual([]);
    expect(chooseValues(byHand, 'zone', ['eu-1'])).toEqual([
      ...byHand,
      { label: 'zone', operator: '=', value: 'eu-1' },
    ]);
  });
});
