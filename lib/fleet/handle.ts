import { PulseError } from '../errors';
import { jsonResponse, type PlainResponse } from '../http';
import { readySystem } from '../system';
import { HEADLINE_KEYS, type HeadlineKey, isHeadlineKey } from './headlines';
import { LARGEST_PAGE, parseHostsQuery } from './hosts-query';

/**
 * The fleet over HTTP, as plain values. All four throw `bad_parameter`, and `database_unavailable` while the server
 * starts; afterwards they need no database.
 */

/** `GET /api/fleet?by=cpu&since=1795200000000` */
export function fleetSummary(search: URLSearchParams): PlainResponse {
  return jsonResponse(readySystem().fleet.summary({ by: readBy(search), since: readCount(search, 'since') }));
}

/** `GET /api/fleet/map?by=cpu&names=7` */
export function fleetMap(search: URLSearchParams): PlainResponse {
  return jsonResponse(
    readySystem().fleet.map({ by: readBy(search), knownNames: readCount(search, 'names') }),
  );
}

/** `GET /api/fleet/labels` */
export function fleetLabels(): PlainResponse {
  return jsonResponse({ labels: readySystem().fleet.labels() });
}

/**
 * `GET /api/hosts?q=web&status=late,gone&match={region="eu"}&sort=-cpu&page=2&size=50`; with `keep=` once per host the
 * rows are those hosts: a reader who points at a list must not have it re-ordered under the pointer.
 */
export function hostsPage(search: URLSearchParams): PlainResponse {
  const { query, problems } = parseHostsQuery(search);
  if (problems.length > 0) throw new PulseError('bad_parameter', problems[0].message, { details: problems });
  const keep = search.getAll('keep').slice(0, LARGEST_PAGE);
  return jsonResponse(readySystem().fleet.hostsPage(query, keep.length > 0 ? keep : null));
}

function readBy(search: URLSearchParams): HeadlineKey | undefined {
  const by = search.get('by') ?? '';
  if (by === '') return undefined;
  if (isHeadlineKey(by)) return by;
  throw new PulseError('bad_parameter', `by is one of ${HEADLINE_KEYS.join(', ')}.`, {
    details: [{ parameter: 'by' }],
  });
}

function readCount(search: URLSearchParams, parameter: string): number | undefined {
  const text = search.get(parameter) ?? '';
  if (text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new PulseError('bad_parameter', `${parameter} is a whole number.`, { details: [{ parameter }] });
}
