import { z } from 'zod';
import { AGGREGATE_FORMS, type Aggregate, MOST_AGGREGATES, parseAggregate } from '../../model/aggregates';
import { PulseError } from '../../model/errors';
import { FILL_WORDS } from '../../model/fill';
import { LABEL_NAME } from '../../model/labels';
import { LIMITS } from '../../model/limits';
import type { Fill, Operand, Ranking } from '../../model/question';
import { MAX_POINTS, type StepRequest } from '../../model/rollup/choose';
import { COUNTER_GAP_MS } from '../../model/samples';
import { formatSelector, NAME_LABEL, parseSelector } from '../../model/selector';
import { METRIC_NAME } from '../../model/series';
import { DAY, formatDuration, HOUR, MINUTE, parseDuration } from '../../model/time/duration';
import { problemWithTime } from '../../model/time/parse-time';
import { isUtc } from '../../model/time/steps';
import { zoneOf } from '../../model/time/zone';
import type { QueryParameter } from '../../model/wire/query';
import {
  type Expression,
  ExpressionError,
  formatExpression,
  operandsOf,
  parseExpression,
} from './expression';
import { oneOf, type ParameterSource, parameter, type Reject, readCount, readParameters } from './parameters';

export const DEFAULT_MAX_POINTS = 600;
export const MAX_GROUPS = 1_000;

const STEP_NAMES: Record<string, number> = { raw: 1, minute: MINUTE, hour: HOUR, day: DAY };
const CALENDAR_STEPS = ['week', 'month'] as const;
const LONGEST_OFFSET = 36_500 * DAY;
/** The step `auto` chooses for one point of all time: a step that an answer names can be requested. */
const LONGEST_STEP = 1e8 * DAY;
const B_PARAMETERS = ['b.metric', 'b.aggregate', 'b.match', 'b.offset'] as const;
const RANKS = ['latest', 'range'] as const satisfies ReadonlyArray<Ranking['by']>;

const time = (fallback: string) =>
  parameter(fallback, (text, reject) => {
    const problem = problemWithTime(text);
    if (problem) reject(problem);
    return text;
  });

/** The read parameters of the API: their text in a URL, and how it is parsed. */
export const queryParams = z.strictObject({
  metric: z
    .string('must be given')
    .max(LIMITS.metricNameLength, `must have at most ${LIMITS.metricNameLength} characters`)
    .regex(METRIC_NAME, 'must be the name of a metric')
    .meta({ description: 'Name of the metric', example: 'cpu_usage_percent' }),
  start: time('now-1h').meta({
    description: 'First instant: epoch ms, ISO 8601 with a zone, `now` or `now-15m`',
  }),
  end: time('now').meta({ description: 'Last instant, exclusive' }),
  step: parameter('auto', readStep).meta({
    description:
      'Width of a point: `auto`, `raw`, `minute`, `hour`, `day`, `week` (from Monday on), `month`, or `10s`, `5m`, `6h`, `7d`. `auto` is the finest step within maxPoints; for a rate and for aggregates in two stages it is no finer than the interval at which nine in ten series of the metric report',
  }),
  timezone: parameter('UTC', readTimezone).meta({
    description:
      'The time zone of days, weeks and months, by its IANA name. Shorter steps do not depend on it',
    example: 'Europe/Berlin',
  }),
  maxPoints: parameter('', (text, reject) => readCount(text, MAX_POINTS, reject)).meta({
    description: `Points per series at most, ${DEFAULT_MAX_POINTS} by default, up to ${MAX_POINTS}`,
  }),
  aggregate: parameter('avg', readAggregates).meta({
    description: `${AGGREGATE_FORMS}. One stage aggregates all samples of a group and step; two stages aggregate the samples of each series, then the series that have a value in the step. Several, at most ${MOST_AGGREGATES}, comma separated, make points [t, v1, v2, …]; a value that cannot be computed is null. \`rate\`, \`increase\` and \`delta\` count the growth of each sample over the sample before it in its series, at most ${COUNTER_GAP_MS / DAY} days earlier, which may be before the range; for \`rate\` and \`increase\` a fall is a restart from 0`,
    examples: ['avg', 'avg,min,max', 'p99.9', 'sum(avg)', 'max(rate)'],
  }),
  by: parameter('', readLabelNames).meta({
    description: 'Labels to group by, comma separated',
    example: 'host',
  }),
  match: parameter('', parseSelector).meta({
    description:
      'A selector as in Prometheus, with RE2 expressions. `__name__` is the metric; the selector cannot name another',
    example: '{env="prod",host=~"web-.*"}',
  }),
  top: parameter('', (text, reject) => readCount(text, MAX_GROUPS, reject)).meta({
    description:
      'Keep this many groups, those with the highest rank, highest first. Groups that are equal to 12 digits are in the order of their labels',
  }),
  bottom: parameter('', (text, reject) => readCount(text, MAX_GROUPS, reject)).meta({
    description: 'Keep this many groups, those with the lowest rank, lowest first',
  }),
  fill: parameter('none', readFill).meta({
    description:
      'The value of a missing point between the first and the last point of a group: `none`, a number, `previous` (the value before) or `linear` (on the line between its neighbours)',
  }),
  offset: parameter('', readOffset).meta({
    description:
      'Shows at each time the value from this much earlier: `1d` puts yesterday beside today. With steps of days, weeks or months, whole days are days of the calendar',
  }),
  expression: parameter('', readExpression).meta({
    description:
      'Arithmetic between this question, `a`, and another one, `b`: numbers, + - * /, unary minus and parentheses. There is a point where both have one and no divisor is zero. `by`, range and step are the same for both; b.metric, b.aggregate, b.match and b.offset default to those of `a`',
    example: '100 * a / b',
  }),
  'b.metric': parameter('', readMetric).meta({ description: 'Metric of `b`' }),
  'b.aggregate': parameter('', (text, reject) => (text === '' ? null : readAggregates(text, reject))).meta({
    description: 'Aggregate of `b`; where `a` has several, as many, in the same order',
  }),
  'b.match': parameter('', (text) => (text === '' ? null : parseSelector(text))).meta({
    description: 'Selector of `b`; `{}` for all series',
  }),
  'b.offset': parameter('', (text, reject) => (text === '' ? null : readOffset(text, reject))).meta({
    description: 'Offset of `b`',
  }),
  rank: parameter('latest', oneOf(RANKS)).meta({
    description:
      'What top and bottom compare: `latest`, the first value of the newest point; `range`, the first aggregate over the whole range as one step',
  }),
} satisfies Record<QueryParameter, z.ZodType>);

/**
 * A query with each parameter parsed. Times are still relative; `step` is ms, `auto` or a calendar unit; parameters
 * that were not given are null.
 */
export type ParsedQuery = z.output<typeof queryParams>;

/** @throws PulseError `bad_parameter` naming the parameter, also one that does not exist. See `readParameters`. */
export function parseQuery(source: ParameterSource): ParsedQuery {
  const params = readParameters(queryParams, source);
  if (params.top !== null && params.bottom !== null)
    refuse('bottom', 'cannot be asked for together with top');
  if (params.rank !== 'latest' && rankingOf(params) === null)
    refuse('rank', 'needs top or bottom: it is what they compare');
  if (isLongerThanDay(params.step) && !isUtc(params.timezone))
    refuse('step', 'must be shorter than a day, or days, where timezone is given');
  checkExpression(params);
  checkNames('match', operandsOfQuery(params)[0]);
  if (params['b.match']) checkNames('b.match', operandsOfQuery(params)[1]);
  if (params.fill !== 'none' && params.step === STEP_NAMES.raw)
    refuse('fill', 'needs a step; step=raw has only the samples there are');
  return params;
}

/** The operands of a query: two where its expression has `b`. */
export function operandsOfQuery(params: ParsedQuery): Operand[] {
  const a: Operand = {
    metric: params.metric,
    aggregates: params.aggregate,
    matchers: params.match,
    offset: params.offset,
  };
  if (!params.expression || !operandsOf(params.expression).includes(1)) return [a];
  const b: Operand = {
    metric: params['b.metric'] ?? a.metric,
    aggregates: params['b.aggregate'] ?? a.aggregates,
    matchers: params['b.match'] ?? a.matchers,
    offset: params['b.offset'] ?? a.offset,
  };
  return [a, b];
}

function checkExpression(params: ParsedQuery): void {
  const operands = params.expression ? operandsOf(params.expression) : [];
  if (params.expression && !operands.includes(0)) refuse('expression', 'must say what to do with a');
  const ofB = B_PARAMETERS.find((name) => params[name] !== null);
  if (ofB && !operands.includes(1)) refuse(ofB, 'is of b, which no expression speaks of');
  const counts = operandsOfQuery(params).map(({ aggregates }) => aggregates.length);
  if (counts[1] !== undefined && counts[1] !== counts[0])
    refuse('b.aggregate', `must have as many aggregates as aggregate, which has ${counts[0]}`);
}

function checkNames(parameter: 'match' | 'b.match', { metric, matchers }: Operand): void {
  const other = matchers.find(
    ({ label, operator, value }) => label === NAME_LABEL && operator === '=' && value !== metric,
  );
  if (other) refuse(parameter, `selects ${other.value || 'no metric'} by __name__, but metric is ${metric}`);
}

/** Whether a step is a duration that is longer than a day, but not so many days. */
function isLongerThanDay(step: StepRequest): boolean {
  return typeof step === 'number' && step > DAY && step % DAY !== 0;
}

export function rankingOf({
  top,
  bottom,
  rank,
}: Pick<ParsedQuery, 'top' | 'bottom' | 'rank'>): Ranking | null {
  if (top !== null) return { count: top, order: 'highest', by: rank };
  return bottom === null ? null : { count: bottom, order: 'lowest', by: rank };
}

function refuse(parameter: QueryParameter, message: string): never {
  throw new PulseError('bad_parameter', `${parameter} ${message}.`, { details: [{ parameter, message }] });
}

/** The inverse of `parseQuery`, without defaults and in fixed order: the canonical text of a question. */
export function toSearchParams(params: ParsedQuery): URLSearchParams {
  const texts: Record<QueryParameter, string> = {
    metric: params.metric,
    start: params.start === 'now-1h' ? '' : params.start,
    end: params.end === 'now' ? '' : params.end,
    step: params.step === 'auto' ? '' : formatStep(params.step),
    maxPoints: params.maxPoints === null ? '' : String(params.maxPoints),
    aggregate: params.aggregate.join() === 'avg' ? '' : params.aggregate.join(),
    by: params.by.join(),
    match: formatSelector(params.match),
    timezone: isUtc(params.timezone) ? '' : params.timezone,
    offset: params.offset === 0 ? '' : formatDuration(params.offset),
    expression: params.expression ? formatExpression(params.expression) : '',
    'b.metric': params['b.metric'] ?? '',
    'b.aggregate': params['b.aggregate']?.join() ?? '',
    'b.match': params['b.match'] ? formatSelector(params['b.match']) || '{}' : '',
    'b.offset': params['b.offset'] === null ? '' : formatDuration(params['b.offset']),
    top: params.top === null ? '' : String(params.top),
    bottom: params.bottom === null ? '' : String(params.bottom),
    fill: params.fill === 'none' ? '' : String(params.fill),
    rank: params.rank === 'latest' ? '' : params.rank,
  };
  return new URLSearchParams(Object.entries(texts).filter(([, text]) => text !== ''));
}

/** ms → `raw`, `minute`, `hour`, `day`, `10s`; words as they are. */
export function formatStep(step: StepRequest): string {
  if (typeof step === 'string') return step;
  return Object.keys(STEP_NAMES).find((name) => STEP_NAMES[name] === step) ?? formatDuration(step);
}

function readStep(text: string, reject: Reject): StepRequest {
  const word = (['auto', ...CALENDAR_STEPS] as const).find((name) => name === text);
  if (word) return word;
  const ms = STEP_NAMES[text] ?? parseDuration(text);
  if (ms !== null && Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_STEP) return ms;
  reject('must be auto, raw, minute, hour, day, week, month, or a duration such as 10s, 5m, 6h');
  return 'auto';
}

/** In the order asked for: it is the order of the values in a point. */
function readAggregates(text: string, reject: Reject): Aggregate[] {
  const aggregates = text.split(',').map(parseAggregate);
  const known = aggregates.filter((aggregate) => aggregate !== null);
  if (known.length < aggregates.length) reject(`must be ${AGGREGATE_FORMS}, or a list of them`);
  else if (new Set(known).size < known.length) reject('must not name the same aggregate twice');
  else if (known.length > MOST_AGGREGATES) reject(`can be ${MOST_AGGREGATES} aggregates at most`);
  return known;
}

function readTimezone(text: string, reject: Reject): string {
  if (!zoneOf(text)) reject('must be the IANA name of a time zone, such as Europe/Berlin');
  return text;
}

function readOffset(text: string, reject: Reject): number {
  const ms = text === '' ? 0 : parseDuration(text);
  if (ms !== null && Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_OFFSET) return ms;
  reject('must be a duration such as 30m, 1d, 1w, up to 100 years');
  return 0;
}

function readExpression(text: string, reject: Reject): Expression | null {
  if (text === '') return null;
  try {
    return parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reject(`cannot be read: ${error.message}`);
    return null;
  }
}

function readMetric(text: string, reject: Reject): string | null {
  if (text === '') return null;
  if (!METRIC_NAME.test(text) || text.length > LIMITS.metricNameLength)
    reject('must be the name of a metric');
  return text;
}

function readFill(text: string, reject: Reject): Fill {
  const word = FILL_WORDS.find((name) => name === text);
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!word && !Number.isFinite(value)) reject(`must be ${FILL_WORDS.join(', ')} or a number`);
  return word ?? value;
}

function readLabelNames(text: string, reject: Reject): string[] {
  if (text === '') return [];
  const names = text.split(',');
  const wellFormed = names.every((name) => LABEL_NAME.test(name) && name.length <= LIMITS.labelNameLength);
  if (!wellFormed || new Set(names).size !== names.length || names.length > LIMITS.labelsPerSeries)
    reject('must be label names, comma separated, without repetition');
  return names;
}
