import { isOverSeries } from '../../model/aggregates';
import { PulseError } from '../../model/errors';
import type { TimeRange } from '../../model/points';
import type { Fill, Operand, Ranking } from '../../model/question';
import { chooseStep, MAX_POINTS, type StepRequest } from '../../model/rollup/choose';
import type { Retention } from '../../model/rollup/tiers';
import { DAY } from '../../model/time/duration';
import { isRelativeTime, parseTime } from '../../model/time/parse-time';
import {
  type CalendarStep,
  countSteps,
  isUtc,
  nameOfStep,
  type Step,
  startFrom,
  stepsOf,
} from '../../model/time/steps';
import type { Expression } from './expression';
import { DEFAULT_MAX_POINTS, operandsOfQuery, type ParsedQuery, rankingOf } from './query-params';

const LAST_YEAR = Date.UTC(10_000, 0);

export interface QuestionContext {
  now: number;
  retention: Retention;
  /** How often the series of a metric report, ms; 0 when that is not known. */
  intervalOf?: (metric: string) => number;
}

/**
 * A question with everything relative resolved. `start` and `end`, epoch ms, are where a step begins; `end` is
 * exclusive. Plain data: equal questions have equal JSON.
 */
export interface Question extends TimeRange {
  /** Two where the expression has two. */
  operands: readonly Operand[];
  expression: Expression | null;
  by: readonly string[];
  /** Null: all groups are kept. */
  ranking: Ranking | null;
  fill: Fill;
  step: Step;
}

/**
 * The query with everything relative made absolute as of `now`.
 *
 * @throws PulseError `bad_parameter` when the range is empty, `too_many_points` when the step is too fine for it.
 */
export function resolveQuestion(params: ParsedQuery, context: QuestionContext): Question {
  const start = resolveTime('start', params.start, context.now);
  const end = resolveTime('end', params.end, context.now);
  if (start >= end) throw new PulseError('bad_parameter', 'start must be before end.');
  const step = resolveStep(params, { start, end }, context);
  const steps = stepsOf(step);
  return {
    operands: operandsOfQuery(params),
    expression: params.expression,
    by: params.by,
    ranking: rankingOf(params),
    fill: params.fill,
    start: steps.startOf(start),
    end: startFrom(steps, end),
    step,
  };
}

/** The absolute time of a `start` or `end` that `parseQuery` accepted. */
export function resolveTime(name: 'start' | 'end', text: string, now: number): number {
  const time = parseTime(text, now);
  if (time === null) throw new PulseError('bad_parameter', `${name} is not a time.`);
  return time;
}

function resolveStep(
  params: ParsedQuery,
  range: TimeRange,
  { now, retention, intervalOf }: QuestionContext,
): Step {
  const { step: requested, timezone } = params;
  const maxPoints = params.maxPoints ?? DEFAULT_MAX_POINTS;
  const calendar = calendarOf(requested, timezone);
  if (calendar) return limited(calendar, range, params.maxPoints ?? MAX_POINTS);
  const intervals = operandsOfQuery(params).map(({ metric, aggregates }) =>
    requested === 'auto' && aggregates.some(isOverSeries) ? (intervalOf?.(metric) ?? 0) : 0,
  );
  const choose = (most: number) =>
    chooseStep({
      ...range,
      requested: typeof requested === 'number' ? requested : 'auto',
      maxPoints: most,
      maxPointsGiven: params.maxPoints !== null,
      intervalMs: Math.max(...intervals),
      offset: Math.max(...operandsOfQuery(params).map(({ offset }) => offset)),
      isMoving: isRelativeTime(params.start) && isRelativeTime(params.end),
      now,
      retention,
    });
  // Days of another time zone can make one point more than those of UTC.
  for (let most = maxPoints; ; most--) {
    const ms = choose(most);
    const days = calendarOf(ms, timezone);
    if (!days) return ms;
    if (countPoints(days, range, maxPoints) <= maxPoints || most === 1) return days;
  }
}

/** The calendar step of a request: weeks and months, and days where the time zone is not UTC; else null. */
function calendarOf(requested: StepRequest, timezone: string): CalendarStep | null {
  if (requested === 'week' || requested === 'month') return { unit: requested, timezone };
  const isDays = typeof requested === 'number' && requested % DAY === 0 && !isUtc(timezone);
  return isDays ? { unit: 'day', every: requested / DAY, timezone } : null;
}

/** @throws PulseError `too_many_points` naming a step that fits. */
function limited(step: CalendarStep, range: TimeRange, most: number): CalendarStep {
  if (countPoints(step, range, most) <= most) return step;
  const { timezone } = step;
  let every = Math.ceil((range.end - range.start) / DAY / most);
  const days = (): CalendarStep => ({ unit: 'day', every, timezone });
  while (countPoints(days(), range, most) > most && every * DAY < range.end) every++;
  throw new PulseError(
    'too_many_points',
    `step=${nameOfStep(step)} over this range makes more than ${most} points a series, which are the limit; step=${nameOfStep(days())} would fit.`,
  );
}

/** Counts up to one more than `most`. */
function countPoints(step: CalendarStep, { start, end }: TimeRange, most: number): number {
  if (end > LAST_YEAR)
    throw new PulseError('bad_parameter', 'end must be before the year 10000 where steps are of a calendar.');
  const steps = stepsOf(step);
  return countSteps(steps, steps.startOf(start), startFrom(steps, end), most);
}
