import { PulseError } from '../model/errors';
import type { FleetMap } from '../model/fleet/answers';
import { HEADLINE_KEYS, type HeadlineKey, isHeadlineKey } from '../model/fleet/headlines';
import { LARGEST_PAGE, parseHostsQuery } from '../model/fleet/hosts-query';
import { jsonOfList } from '../runtime/work/encode';
import type { Work } from '../runtime/work/work';
import { rootOfProcess } from '../system/process';
import { jsonResponse, type LargeResponse, largeJsonResponse, type PlainResponse } from './http';

/**
 * The fleet over HTTP, as plain values. All four throw `bad_parameter`, `too_expensive`, and `database_unavailable`
 * while the server starts; afterwards they need no database.
 */

/** `GET /api/fleet?by=cpu&since=1795200000000` */
export async function fleetSummary(search: URLSearchParams, work: Work): Promise<PlainResponse> {
  const asked = { by: readBy(search), since: readCount(search, 'since') };
  return jsonResponse(await rootOfProcess().ready().fleet.summary(asked, work));
}

/** `GET /api/fleet/map?by=cpu&names=7` */
export async function fleetMap(search: URLSearchParams, work: Work): Promise<LargeResponse> {
  const asked = { by: readBy(search), knownNames: readCount(search, 'names') };
  return largeJsonResponse(jsonOfMap(await rootOfProcess().ready().fleet.map(asked, work)), work);
}

function* jsonOfMap({ names, values, ...head }: FleetMap): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"names":`;
  if (names) yield* jsonOfList(names);
  else yield 'null';
  yield ',"values":';
  yield* jsonOfList(values);
  yield '}';
}

/** `GET /api/fleet/labels` */
export async function fleetLabels(work: Work): Promise<PlainResponse> {
  return jsonResponse({ labels: await rootOfProcess().ready().fleet.labels(work) });
}

/**
 * `GET /api/hosts?q=web&status=late,gone&match={region="eu"}&sort=-cpu&page=2&size=50`; with `keep=` once per host the
 * rows are those hosts: a reader who points at a list must not have it re-ordered under the pointer.
 */
export async function hostsPage(search: URLSearchParams, work: Work): Promise<PlainResponse> {
  const { query, problems } = parseHostsQuery(search);
  if (problems.length > 0) throw new PulseError('bad_parameter', problems[0].message, { details: problems });
  const keep = search.getAll('keep').slice(0, LARGEST_PAGE);
  return jsonResponse(
    await rootOfProcess()
      .ready()
      .fleet.hostsPage(query, keep.length > 0 ? keep : null, work),
  );
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
