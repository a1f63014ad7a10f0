import { PulseError } from '../errors';
import type { History } from '../history';
import type { Aggregate, Fill, Matcher, Ranking } from '../model';
import { type Selectable, simpleTest } from '../query/matchers';
import { parseQuery, type QueryParams, rankingOf, toSearchParams } from '../query/params';
import { resolveTime } from '../query/question';
import { isRelativeTime } from '../query/time';

/** A question that goes on: its range moves with the clock. */
export interface LiveQuestion {
  /** Canonical: equal questions have equal texts, and share their work. */
  readonly text: string;
  readonly metric: string;
  readonly aggregates: readonly Aggregate[];
  readonly by: readonly string[];
  readonly matchers: readonly Matcher[];
  /** Whether a series is asked about, where that can be told at once. */
  readonly admits: ((series: Selectable) => boolean) | null;
  readonly ranking: Ranking | null;
  /** What stands where a group has no point. */
  readonly fill: Fill;
  readonly step: number;
  /** The start of the step after the one that begins at `start`. */
  after(start: number): number;
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
    text: toSearchParams({ ...params, step, maxPoints: null }).toString(),
    metric: params.metric,
    aggregates: params.aggregate,
    by: params.by,
    matchers: params.match,
    admits: simpleTest(params.match),
    ranking: rankingOf(params),
    fill: params.fill,
    step,
    after: (start) => start + step,
    startAt: movingStart(params, now),
    // A sample may be ahead of this server's clock, by as much as admission allows.
    endAt: params.end === 'now' ? () => Number.POSITIVE_INFINITY : fixed(resolveTime('end', params.end, now)),
  };
}

function movingStart({ start }: QueryParams, now: number): (now: number) => number {
  const resolved = resolveTime('start', start, now);
  return isRelativeTime(start) ? (later) => resolved + (later - now) : fixed(resolved);
}

function fixed(time: number): () => number {
  return () => time;
}
