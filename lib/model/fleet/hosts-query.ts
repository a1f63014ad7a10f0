import type { Matcher } from '../labels';
import { formatSelector, NAME_LABEL, parseSelector } from '../selector';
import { HEADLINE_KEYS, type HeadlineKey } from './headlines';
import { HOST_STATUSES, type HostStatus } from './status';

export type SortKey = 'name' | 'seen' | HeadlineKey;
export const SORT_KEYS: readonly SortKey[] = ['name', 'seen', ...HEADLINE_KEYS];

export const PAGE_SIZES = [25, 50, 100, 200] as const;
export const LARGEST_PAGE = 200;
const DEFAULT_PAGE_SIZE = 50;

/** Which hosts, in which order, which page of them: the state of the list, and of `GET /api/hosts`. Client-safe. */
export interface HostsQuery {
  /** Words that must all occur in the host's name. */
  search: string;
  /** Empty: any status. */
  statuses: readonly HostStatus[];
  /** On the host's own labels; `host` is one of them. */
  matchers: readonly Matcher[];
  sort: SortKey;
  descending: boolean;
  /** From 1. */
  page: number;
  pageSize: number;
}

export const EVERY_HOST: HostsQuery = {
  search: '',
  statuses: [],
  matchers: [],
  sort: 'name',
  descending: false,
  page: 1,
  pageSize: DEFAULT_PAGE_SIZE,
};

/** What is wrong with a URL's parameters, per parameter, in words for people. */
export type QueryProblem = { parameter: string; message: string };

/**
 * URL parameters → query: `q`, `status=late,gone`, `match={region="eu"}`, `sort=-cpu`, `page`, `size`. A parameter
 * that cannot be read counts as absent and is reported, so that a page can show what it did understand.
 */
export function parseHostsQuery(form: URLSearchParams): { query: HostsQuery; problems: QueryProblem[] } {
  const problems: QueryProblem[] = [];
  const query: HostsQuery = { ...EVERY_HOST, search: (form.get('q') ?? '').slice(0, 200) };

  const statuses = list(form.get('status'));
  const unknown = statuses.find((text) => !isStatus(text));
  if (unknown === undefined) query.statuses = HOST_STATUSES.filter((status) => statuses.includes(status));
  else
    problems.push({
      parameter: 'status',
      message: `status is ${HOST_STATUSES.join(', ')}, not "${unknown}".`,
    });

  try {
    query.matchers = parseSelector(form.get('match') ?? '');
    if (query.matchers.some(({ label }) => label === NAME_LABEL))
      problems.push({
        parameter: 'match',
        message: 'match selects hosts, which have no __name__: a metric has.',
      });
  } catch (error) {
    problems.push({ parameter: 'match', message: error instanceof Error ? error.message : String(error) });
  }

  const order = form.get('sort') || 'name';
  const key = SORT_KEYS.find((candidate) => candidate === order.replace(/^-/, ''));
  if (key) Object.assign(query, { sort: key, descending: order.startsWith('-') });
  else
    problems.push({
      parameter: 'sort',
      message: `sort is ${SORT_KEYS.join(', ')} (with - in front: descending).`,
    });

  query.page = whole(form, 'page', 1, 1_000_000, problems) ?? query.page;
  query.pageSize = whole(form, 'size', 1, LARGEST_PAGE, problems) ?? query.pageSize;
  return { query, problems };
}

/** The inverse: URL parameters of everything that is not as by default, in a fixed order. */
export function formatHostsQuery(query: HostsQuery): string {
  const form = new URLSearchParams();
  if (query.search) form.set('q', query.search);
  if (query.statuses.length > 0) form.set('status', query.statuses.join(','));
  if (query.matchers.length > 0) form.set('match', formatSelector(query.matchers));
  if (query.sort !== 'name' || query.descending)
    form.set('sort', `${query.descending ? '-' : ''}${query.sort}`);
  if (query.page > 1) form.set('page', String(query.page));
  if (query.pageSize !== DEFAULT_PAGE_SIZE) form.set('size', String(query.pageSize));
  return form.toString();
}

/** Applies a change and goes back to the first page, unless the change names a page. */
export function changeQuery(query: HostsQuery, change: Partial<HostsQuery>): HostsQuery {
  return { ...query, page: 1, ...change };
}

/** Values of one label chosen as a filter; empty when there are none, or when an expression was written by hand. */
export function chosenValues(matchers: readonly Matcher[], label: string): string[] {
  return matchers.flatMap((matcher) => (matcher.label === label ? (listedValues(matcher) ?? []) : []));
}

/** The matchers with those values of one label chosen instead of the ones before; none: the label is no filter. */
export function chooseValues(
  matchers: readonly Matcher[],
  label: string,
  values: readonly string[],
): Matcher[] {
  const others = matchers.filter((matcher) => matcher.label !== label || listedValues(matcher) === null);
  if (values.length === 0) return others;
  if (values.length === 1) return [...others, { label, operator: '=', value: values[0] }];
  return [...others, { label, operator: '=~', value: values.map(escapeExpression).join('|') }];
}

/** The values a matcher lists, as `chooseValues` writes them; null for anything else. */
export function listedValues({ operator, value }: Matcher): string[] | null {
  if (operator === '=') return [value];
  if (operator !== '=~') return null;
  const alternatives = value.match(/(?:\\.|[^\\|])+/g) ?? [];
  // `\.` is a dot, but `\d` is not a d.
  const literal = alternatives.every((text) => !/\\\w|[\^$.*+?()[\]{}]/.test(text.replace(/\\\W/g, '')));
  return literal ? alternatives.map((text) => text.replace(/\\(.)/g, '$1')) : null;
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function isStatus(text: string): text is HostStatus {
  return (HOST_STATUSES as readonly string[]).includes(text);
}

function list(text: string | null): string[] {
  return (text ?? '').split(',').filter(Boolean);
}

function whole(
  form: URLSearchParams,
  parameter: string,
  lowest: number,
  highest: number,
  problems: QueryProblem[],
): number | null {
  const text = form.get(parameter);
  if (text === null || text === '') return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
  problems.push({ parameter, message: `${parameter} is a whole number from ${lowest} to ${highest}.` });
  return null;
}
