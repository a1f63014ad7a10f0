import type { $ZodIssue } from 'zod/v4/core';
import { PulseError } from '../../model/errors';
import type { Labels } from '../../model/labels';
import { LIMITS } from '../../model/limits';
import { METRIC_TYPES, type MetricType } from '../../model/series';
import { toText } from './body';
import { refuseExpensiveJson } from './expensive-json';
import { parseJson } from './parse-json';
import {
  type DecodedSamples,
  type IncomingSample,
  SAMPLE_ERRORS,
  type SampleError,
  type SampleErrorCode,
  sampleError,
} from './sample';
import { BatchHead, Sample } from './schemas';
import { nanosecondsToMs, type Precision, toEpochMs } from './timestamp';

export interface JsonContext {
  /** The timestamp of samples that have none, epoch ms. */
  now: number;
  precision: Precision;
  /** The index of the first sample. */
  firstIndex: number;
}

/** Of a body that has been parsed: a number does not hold nanoseconds. */
type NumberPrecision = Exclude<Precision, 'ns'>;
type BodyContext = JsonContext & { precision: NumberPrecision };

/** What a batch hands down to its samples. */
interface Inherited {
  labels: Labels;
  timestamp: number;
}

const NO_LABELS: Labels = {};
const TYPES: ReadonlySet<unknown> = new Set(METRIC_TYPES);

/**
 * A whole body of `application/json`. Throws what `decodeJson` throws, and `bad_body`.
 *
 * @param now the timestamp of samples that have none, epoch ms
 */
export function decodeJsonBody(bytes: Buffer, precision: Precision, now = Date.now()): DecodedSamples {
  return decodeParsedBody(parseJsonBody(bytes, precision), precision, now);
}

/** A whole body, parsed. Throws `bad_json`, `bad_body`, or what `refuseExpensiveJson` throws. */
export function parseJsonBody(bytes: Buffer, precision: Precision): unknown {
  refuseExpensiveJson(bytes);
  return parse(toText(bytes), precision);
}

/** What `parseJsonBody` returned, with the same precision. Throws `bad_shape` or `too_many_samples`. */
export function decodeParsedBody(body: unknown, precision: Precision, now = Date.now()): DecodedSamples {
  return decodeParsed(body, { now, precision, firstIndex: 0 });
}

/**
 * The three shapes of the contract: a sample, an array of samples, a batch.
 * Throws `bad_json`, `bad_shape` or `too_many_samples`; a bad sample among good ones is an entry of `errors`.
 */
export function decodeJson(text: string, context: JsonContext): DecodedSamples {
  return decodeParsed(parse(text, context.precision), context);
}

function decodeParsed(body: unknown, context: JsonContext): DecodedSamples {
  const decoded = decodeBody(body, isForNumbers(context) ? context : { ...context, precision: 'ms' });
  decoded.precision = context.precision;
  return decoded;
}

function isForNumbers(context: JsonContext): context is BodyContext {
  return context.precision !== 'ns';
}

function decodeBody(body: unknown, context: BodyContext): DecodedSamples {
  const top: Inherited = { labels: NO_LABELS, timestamp: context.now };
  if (Array.isArray(body)) return decodeSamples(body, top, context);
  if (!isObject(body)) throw noBody();
  if (!Object.hasOwn(body, 'samples')) return decodeSamples([body], top, context);
  if (!Array.isArray(body.samples)) {
    throw new PulseError('bad_shape', 'samples must be an array.', { details: [{ path: 'samples' }] });
  }
  return decodeSamples(body.samples, readBatchHead(body, context), context);
}

/** For JSON that is neither an object nor an array. */
export function noBody(): PulseError {
  return new PulseError(
    'bad_shape',
    'The body must be a sample, an array of samples or a batch with "samples".',
  );
}

function parse(text: string, precision: Precision): unknown {
  return parseJson(precision === 'ns' ? nanosecondsToMs(text) : text);
}

function decodeSamples(list: readonly unknown[], inherited: Inherited, context: BodyContext): DecodedSamples {
  if (list.length > LIMITS.samplesPerJsonBody) {
    const message = `A JSON body holds at most ${LIMITS.samplesPerJsonBody} samples, this one has ${list.length}. Send several, or application/x-ndjson.`;
    throw new PulseError('too_many_samples', message);
  }
  const decoded: DecodedSamples = { samples: [], errors: [] };
  list.forEach((raw, i) => {
    const index = context.firstIndex + i;
    const read =
      readObvious(raw, index, inherited, context.precision) ??
      explain(raw, index, inherited, context.precision);
    if ('code' in read) decoded.errors.push(read);
    else decoded.samples.push(read);
  });
  return decoded;
}

/** The hot path: a sample whose fields plainly have the right types; null for anything else. */
function readObvious(
  raw: unknown,
  index: number,
  inherited: Inherited,
  precision: NumberPrecision,
): IncomingSample | null {
  if (!isObject(raw)) return null;
  const { name, value, timestamp, labels, type, unit } = raw;
  if (typeof name !== 'string' || typeof value !== 'number') return null;
  if (timestamp !== undefined && !Number.isInteger(timestamp)) return null;
  if (labels !== undefined && !isStringRecord(labels)) return null;
  if (type !== undefined && !TYPES.has(type)) return null;
  if (unit !== undefined && !isUnit(unit)) return null;
  return {
    index,
    name,
    value,
    timestamp: timestamp === undefined ? inherited.timestamp : toEpochMs(timestamp as number, precision),
    labels: labels === undefined ? inherited.labels : mergeLabels(inherited.labels, labels),
    type: type as MetricType | undefined,
    unit,
  };
}

function isUnit(unit: unknown): unit is string {
  return (
    typeof unit === 'string' &&
    unit.length <= LIMITS.unitLength &&
    !unit.includes('\0') &&
    unit.isWellFormed()
  );
}

/** The slow path: reads samples that need more care (an ISO timestamp), and explains what is wrong with the others. */
function explain(
  raw: unknown,
  index: number,
  inherited: Inherited,
  precision: NumberPrecision,
): IncomingSample | SampleError {
  const { success, error } = Sample.safeParse(raw);
  if (!success) return toSampleError(error.issues[0], index);
  // What was sent and not what the schema copied: zod leaves out `__proto__`, admission refuses it.
  const { name, value, timestamp, labels, type, unit } = raw as Sample;
  return {
    index,
    name,
    value,
    timestamp: timestamp === undefined ? inherited.timestamp : readTimestamp(timestamp, precision),
    labels: labels === undefined ? inherited.labels : mergeLabels(inherited.labels, labels),
    type,
    unit,
  };
}

const CODE_OF_FIELD: Record<string, SampleErrorCode> = {
  name: 'bad_name',
  value: 'not_finite',
  timestamp: 'bad_timestamp',
  labels: 'bad_label',
};

function toSampleError({ path, message }: $ZodIssue, index: number): SampleError {
  const code =
    message === SAMPLE_ERRORS.too_many_labels
      ? 'too_many_labels'
      : (CODE_OF_FIELD[String(path[0])] ?? 'bad_sample');
  return sampleError(
    index,
    path.map((part) => String(part).slice(0, LIMITS.labelNameLength)).join('.'),
    code,
    message,
  );
}

function readBatchHead(batch: Record<string, unknown>, { now, precision }: BodyContext): Inherited {
  const obvious =
    (batch.host === undefined || typeof batch.host === 'string') &&
    (batch.timestamp === undefined || Number.isInteger(batch.timestamp)) &&
    (batch.labels === undefined || isStringRecord(batch.labels));
  if (!obvious) explainBatchHead(batch);
  const { host, timestamp, labels } = batch as BatchHead;
  return {
    labels: host === undefined ? (labels ?? NO_LABELS) : { host, ...labels },
    timestamp: timestamp === undefined ? now : readTimestamp(timestamp, precision),
  };
}

function explainBatchHead(batch: Record<string, unknown>): void {
  const { success, error } = BatchHead.safeParse(batch);
  if (success) return;
  const details = error.issues.map(({ path, message }) => ({ path: path.join('.').slice(0, 100), message }));
  throw new PulseError('bad_shape', `The batch cannot be read: ${details[0].message}.`, { details });
}

function readTimestamp(timestamp: number | string, precision: NumberPrecision): number {
  return typeof timestamp === 'string' ? Date.parse(timestamp) : toEpochMs(timestamp, precision);
}

/** Spread and not assignment: it makes `__proto__` an own property, which admission then refuses. */
function mergeLabels(inherited: Labels, own: Labels): Labels {
  return inherited === NO_LABELS ? own : { ...inherited, ...own };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  for (const key in value) if (typeof value[key] !== 'string') return false;
  return true;
}
