import { type Selectable, simpleTest } from '../../memory/catalogue/matchers';
import { PulseError } from '../../model/errors';
import type { Fill, QuestionSide, Ranking } from '../../model/question';
import type { StepRequest } from '../../model/rollup/choose';
import { DAY } from '../../model/time/duration';
import { isRelativeTime } from '../../model/time/moment';
import { type Step, type Steps, stepsOf } from '../../model/time/steps';
import type { History } from '../../read/history';
import type { Expression } from '../../read/query/expression';
import {
  type ParsedQuery,
  parseQuery,
  rankingOf,
  sidesOfQuery,
  toSearchParams,
} from '../../read/query/params';
import { resolveTime } from '../../read/query/question';

/** What a live question asks of one metric. */
export interface LiveQuestionSide extends QuestionSide {
  /** Whether a series is asked about, where that can be told at once. */
  readonly admits: ((series: Selectable) => boolean) | null;
}

/** A question that goes on: its range moves with the clock. */
export interface LiveQuestion {
  /** Canonical: equal questions have equal texts, and share their work. */
  readonly text: string;
  readonly sides: readonly LiveQuestionSide[];
  readonly expression: Expression | null;
  readonly by: readonly string[];
  readonly ranking: Ranking | null;
  /** What stands where a group has no point. */
  readonly fill: Fill;
  readonly steps: Steps;
  /** The range as of `now`, epoch ms; points outside are of no interest. */
  startAt(now: number): number;
  endAt(now: number): number;
}

/**
 * Reads one `q` of a stream. The step that `auto` comes to now stays: a chart cannot change its step half-way.
 *
 * @throws PulseError `bad_parameter`, `too_many_points`.
 */
export function readLiveQuestion(text: string, now: number, history: Pick<History, 'resolve'>): LiveQuestion {
  const params = parseQuery(new URLSearchParams(text));
  if (params.end !== 'now' && isRelativeTime(params.end))
    throw new PulseError('bad_parameter', 'end of a live query must be now, or an absolute time.');
  const { step } = history.resolve(params, now);
  return {
    text: toSearchParams({ ...params, ...asRequested(step), maxPoints: null }).toString(),
    sides: sidesOfQuery(params).map((side) => ({ ...side, admits: simpleTest(side.matchers) })),
    expression: params.expression,
    by: params.by,
    ranking: rankingOf(params),
    fill: params.fill,
    steps: stepsOf(step),
    startAt: movingStart(params, now),
    // A sample may be ahead of this server's clock, by as much as admission allows.
    endAt: params.end === 'now' ? () => Number.POSITIVE_INFINITY : fixed(resolveTime('end', params.end, now)),
  };
}

/** How that very step is asked for. */
function asRequested(step: Step): { step: StepRequest; timezone: string } {
  if (typeof step === 'number') return { step, timezone: 'UTC' };
  return { step: step.unit === 'day' ? step.every * DAY : step.unit, timezone: step.timezone };
}

function movingStart({ start }: ParsedQuery, now: number): (now: number) => number {
  const resolved = resolveTime('start', start, now);
  return isRelativeTime(start) ? (later) => resolved + (later - now) : fixed(resolved);
}

function fixed(time: number): () => number {
  return () => time;
}
