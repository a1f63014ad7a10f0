import { type Selectable, simpleTest } from '../../memory/catalogue/matchers';
import { PulseError } from '../../model/errors';
import type { Fill, Ranking } from '../../model/question';
import type { StepRequest } from '../../model/rollup/choose';
import { DAY } from '../../model/time/duration';
import { isRelativeTime } from '../../model/time/parse-time';
import { type Step, stepsOf } from '../../model/time/steps';
import type { History } from '../../read/history';
import type { Calculation } from '../../read/query/grouped-question';
import {
  operandsOfQuery,
  type ParsedQuery,
  parseQuery,
  rankingOf,
  toSearchParams,
} from '../../read/query/query-params';
import { resolveTime } from '../../read/query/question';

/** A question that goes on: its range moves with the clock. */
export interface LiveQuestion extends Calculation {
  /** Canonical: equal questions have equal texts, and share their work. */
  readonly text: string;
  /** For each operand, whether a series is one of its own; null: its matchers take too long to be tested at once. */
  readonly admits: ReadonlyArray<((series: Selectable) => boolean) | null>;
  readonly by: readonly string[];
  readonly ranking: Ranking | null;
  /** What stands where a group has no point. */
  readonly fill: Fill;
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
  const operands = operandsOfQuery(params);
  return {
    text: toSearchParams({ ...params, ...asRequested(step), maxPoints: null }).toString(),
    operands,
    admits: operands.map(({ matchers }) => simpleTest(matchers)),
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

/** The text of exactly this step. */
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
