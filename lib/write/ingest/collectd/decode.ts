import { PulseError } from '../../../model/errors';
import { SECOND } from '../../../model/time/duration';
import { toText } from '../body';
import { refuseExpensiveJson } from '../expensive-json';
import { Memo } from '../memo';
import { toLabels, toMetricName } from '../names';
import { parseJson } from '../parse-json';
import { type NamedSeries, Portions } from '../portions';
import type { DecodedSamples } from '../sample';

/** The kinds of data source that collectd has (its manual types.db(5)). */
type SourceType = 'gauge' | 'derive' | 'counter' | 'absolute';
const SOURCE_TYPES: readonly unknown[] = ['gauge', 'derive', 'counter', 'absolute'] satisfies SourceType[];

/** One reading of a plugin: a value for each of its data sources. */
interface ValueList {
  values: unknown[];
  dstypes: SourceType[];
  dsnames: string[];
  /** Seconds. */
  time: number;
  interval: number;
  host: string;
  plugin: string;
  plugin_instance: string;
  type: string;
  type_instance: string;
}

const seriesOfSources = new Memo<NamedSeries>(16 * 2 ** 20);

/**
 * What collectd's write_http sends as JSON.
 *
 * @param areRates whether collectd has made rates of what only grows (`StoreRates true`), which a body does not say
 * @throws PulseError `bad_body`, `bad_json`, `bad_shape`
 */
export function* decodeCollectd(bytes: Buffer, areRates: boolean): Generator<DecodedSamples> {
  refuseExpensiveJson(bytes);
  const lists = parseJson(toText(bytes));
  if (!Array.isArray(lists))
    throw new PulseError(
      'bad_shape',
      'The body is an array of value lists, as write_http has it with Format "JSON".',
    );
  const portions = new Portions();
  for (const list of lists) {
    if (isValueList(list)) addValues(list, areRates, portions);
    else if (isNotification(list)) portions.passOver();
    else portions.reject('bad_sample', 'it is no value list of collectd');
    if (portions.isFull) yield portions.take();
  }
  yield portions.take();
}

function addValues(list: ValueList, areRates: boolean, portions: Portions): void {
  const timestamp = Math.round(list.time * SECOND);
  for (const [i, value] of list.values.entries()) {
    // A rate of which there is only one reading yet.
    if (value === null) portions.passOver();
    else if (typeof value !== 'number') portions.reject('bad_sample', 'a value is a number or null');
    else if (list.dstypes[i] === 'absolute' && !areRates)
      portions.addDelta(seriesOf(list, i, areRates), timestamp - list.interval * SECOND, timestamp, value);
    else portions.addSample(seriesOf(list, i, areRates), timestamp, value);
  }
}

function seriesOf(list: ValueList, i: number, areRates: boolean): NamedSeries {
  const { host, plugin, plugin_instance, type, type_instance, dsnames, dstypes } = list;
  const only = areRates ? 'rate' : '';
  const parts = [host, plugin, plugin_instance, type, type_instance, dsnames[i], dstypes[i], only];
  const key = parts.join('\0');
  return seriesOfSources.get(key) ?? seriesOfSources.set(key, readSeries(list, i, areRates));
}

/** Names and labels as collectd's own write_prometheus makes them, with `host` for its `instance`. */
function readSeries(list: ValueList, i: number, areRates: boolean): NamedSeries {
  const { host, plugin, plugin_instance, type, type_instance, dsnames, dstypes } = list;
  const isCounter = dstypes[i] !== 'gauge' && !areRates;
  const words = ['collectd', plugin === type ? '' : plugin, type, dsnames[i] === 'value' ? '' : dsnames[i]];
  if (isCounter) words.push('total');
  const labels = new Map<string, string>();
  if (plugin_instance !== '') labels.set(plugin, plugin_instance);
  if (type_instance !== '') labels.set(plugin_instance === '' ? plugin : 'type', type_instance);
  labels.set('host', host);
  return {
    name: toMetricName(words.filter(Boolean).join('_')),
    labels: toLabels(labels),
    type: isCounter ? 'counter' : 'gauge',
  };
}

const TEXTS = ['host', 'plugin', 'plugin_instance', 'type', 'type_instance'] as const;

function isValueList(list: unknown): list is ValueList {
  if (typeof list !== 'object' || list === null) return false;
  const { values, dstypes, dsnames, time, interval } = list as Record<string, unknown>;
  if (!Array.isArray(values) || !Array.isArray(dstypes) || !Array.isArray(dsnames)) return false;
  const areNamed = dsnames.length === values.length && dsnames.every((name) => typeof name === 'string');
  const areTyped = dstypes.length === values.length && dstypes.every((type) => SOURCE_TYPES.includes(type));
  const hasTimes = Number.isFinite(time) && Number.isFinite(interval);
  return (
    areNamed && areTyped && hasTimes && TEXTS.every((name) => typeof Reflect.get(list, name) === 'string')
  );
}

/** With `Notifications true` write_http sends these, too. */
function isNotification(list: unknown): boolean {
  return typeof list === 'object' && list !== null && 'severity' in list && 'message' in list;
}
