import { NAME_LABEL } from '../../model/selector';
import type { Series } from '../../model/series';
import { HOUR } from '../../model/time/duration';
import { PromqlError } from '../../read/promql/errors';
import { selectSeries } from '../../read/promql/source';
import { jsonOfList } from '../../runtime/work/encode';
import { sortInPieces } from '../../runtime/work/sort';
import type { Work } from '../../runtime/work/work';
import type { System } from '../../system/system';
import type { LargeResponse, PlainResponse } from '../http';
import { largeSuccess, success } from './answer';
import type { Parameters } from './parameters';

/** As coarse as Prometheus is about when a series was there. */
const SLACK_MS = 2 * HOUR;

type CatalogueSystem = Pick<System, 'registry'>;

/** The series that any of the selectors matches. */
export async function listSeries(
  parameters: Parameters,
  work: Work,
  system: CatalogueSystem,
): Promise<LargeResponse> {
  if (parameters.selectors().length === 0) throw new PromqlError('bad_data', 'no match[] parameter provided');
  const found: object[] = [];
  for await (const { labels, metric } of seriesOf(parameters, work, system))
    found.push({ [NAME_LABEL]: metric.name, ...labels });
  return answerList(found, parameters, work);
}

/** Names of labels. */
export async function listLabels(
  parameters: Parameters,
  work: Work,
  system: CatalogueSystem,
): Promise<LargeResponse> {
  const names = new Set<string>();
  for await (const { labels } of seriesOf(parameters, work, system)) {
    names.add(NAME_LABEL);
    for (const name in labels) names.add(name);
  }
  return answerList(await inOrder(names, work), parameters, work);
}

/** Values of one label. */
export async function listValues(
  label: string,
  parameters: Parameters,
  work: Work,
  system: CatalogueSystem,
): Promise<LargeResponse> {
  if (label === '') throw new PromqlError('bad_data', 'invalid label name: ""');
  const values = new Set<string>();
  for await (const { labels, metric } of seriesOf(parameters, work, system)) {
    if (label === NAME_LABEL) values.add(metric.name);
    else if (Object.hasOwn(labels, label)) values.add(labels[label]);
  }
  return answerList(await inOrder(values, work), parameters, work);
}

/** Type and unit of metrics. */
export async function listMetadata(
  parameters: Parameters,
  work: Work,
  { registry }: CatalogueSystem,
): Promise<PlainResponse> {
  const limit = parameters.limit();
  const asked = parameters.text('metric');
  const found: Record<string, Array<{ type: string; help: string; unit: string }>> = {};
  let count = 0;
  for (const { name, type, unit } of registry.metrics.values()) {
    if (work.isDue('list')) await work.pause();
    if (asked !== '' && name !== asked) continue;
    if (count++ >= limit) break;
    found[name] = [{ type, help: '', unit }];
  }
  return success(found);
}

/** The series that match, each once, and that were there since `start`. */
async function* seriesOf(
  parameters: Parameters,
  work: Work,
  { registry }: CatalogueSystem,
): AsyncGenerator<Series> {
  const since = parameters.time('start', Number.NEGATIVE_INFINITY) - SLACK_MS;
  parameters.time('end', 0);
  const selectors = parameters.selectors();
  const seen = new Set<Series>();
  const lists = selectors.length === 0 ? [registry.seriesById.values()] : selectors;
  for (const list of lists) {
    const some = Array.isArray(list) ? await selectSeries(list, registry, work) : list;
    for (const series of some) {
      if (work.isDue('list')) await work.pause();
      if (series.lastSeen < since || seen.has(series)) continue;
      if (selectors.length > 1) seen.add(series);
      yield series;
    }
  }
}

function inOrder(texts: Iterable<string>, work: Work): Promise<string[]> {
  return sortInPieces([...texts], (a, b) => (a < b ? -1 : 1), work, 'list');
}

function answerList(found: readonly unknown[], parameters: Parameters, work: Work): Promise<LargeResponse> {
  const limit = parameters.limit();
  const warnings = found.length > limit ? ['results truncated due to limit'] : [];
  return largeSuccess(jsonOfList(found.slice(0, limit)), work, { warnings });
}
