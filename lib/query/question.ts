import { isOverSeries } from '../aggregates';
import { PulseError } from '../errors';
import { alignDown, alignUp, type Question } from '../model';
import { chooseStep } from '../rollup/choose';
import type { Retention } from '../rollup/steps';
import { DEFAULT_MAX_POINTS, type QueryParams, rankingOf } from './params';
import { isRelativeTime, parseTime } from './time';

export interface QuestionContext {
  now: number;
  retention: Retention;
  /** How often the series of a metric report, ms; 0 when that is not known. */
  rhythmOf?: (metric: string) => number;
}

/**
 * What was asked, with everything relative made absolute as of `now`.
 *
 * @throws PulseError `bad_parameter` when the range is empty, `too_many_points` when the step is too fine for it.
 */
export function resolveQuestion(
  params: QueryParams,
  { now, retention, rhythmOf }: QuestionContext,
): Question {
  const start = resolveTime('start', params.start, now);
  const end = resolveTime('end', params.end, now);
  if (start >= end) throw new PulseError('bad_parameter', 'start must be before end.');
  const step = chooseStep({
    start,
    end,
    requested: params.step,
    maxPoints: params.maxPoints ?? DEFAULT_MAX_POINTS,
    maxPointsGiven: params.maxPoints !== null,
    moves: isRelativeTime(params.start) && isRelativeTime(params.end),
    rhythmMs: params.step === 'auto' && params.aggregate.some(isOverSeries) ? rhythmOf?.(params.metric) : 0,
    now,
    retention,
  });
  return {
    metric: params.metric,
    aggregates: params.aggregate,
    by: params.by,
    matchers: params.match,
    ranking: rankingOf(params),
    fill: params.fill,
    start: alignDown(start, step),
    end: alignUp(end, step),
    step,
  };
}

/** The absolute time of a parameter that `parseQuery` has let pass. */
export function resolveTime(name: 'start' | 'end', text: string, now: number): number {
  const time = parseTime(text, now);
  if (time === null) throw new PulseError('bad_parameter', `${name} is not a time.`);
  return time;
}
