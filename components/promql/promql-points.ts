import type { Labels } from '@/lib/model/labels';
import { labelsKey } from '@/lib/model/labels';
import { search } from '@/lib/model/links';
import { type GroupPoints, type Point, positionOf } from '@/lib/model/points';
import { type PromqlRange, rangeOfPromql } from '@/lib/model/promql-range';
import { MINUTE, SECOND } from '@/lib/model/time/duration';
import type { PromqlQuestion, PromqlSeries } from '@/lib/model/wire/promql';
import { MOST_LINES } from './promql-state';

/** How far back steps are evaluated again: late samples change them. */
const AGAIN_MS = MINUTE;
const AGAIN_STEPS = 5;

/** The part of Prometheus' answer that is read: values are text, times are seconds. */
export interface RangeBody {
  data: { result: Array<{ metric: Labels; values: Array<[seconds: number, value: string]> }> };
  warnings?: string[];
  infos?: string[];
}

/**
 * Where to ask for the newest steps at `now`; for all of them where the answer depends on the range as a whole, or is
 * too old to go on from.
 */
export function newestUrl(
  question: PromqlQuestion,
  last: PromqlSeries,
  now: number,
  isOfWholeRange: boolean,
): string {
  const range = rangeOfPromql(question, now);
  if (typeof range === 'string') throw new Error(range);
  const again = Math.max(AGAIN_MS, AGAIN_STEPS * range.step);
  const from = Math.floor((last.end - again) / range.step) * range.step;
  const canGoOn = !isOfWholeRange && range.step === last.step && from > range.start && from <= range.end;
  return rangeUrl(question.query, canGoOn ? { ...range, start: from } : range);
}

function rangeUrl(query: string, { start, end, step }: PromqlRange): string {
  return `/api/v1/query_range${search({
    query,
    start: String(start / SECOND),
    end: String(end / SECOND),
    step: String(step / SECOND),
    // One more says that there are more.
    limit: String(MOST_LINES + 1),
  })}`;
}

/** The answer of a URL that `newestUrl` made. @param asOf epoch ms */
export function readRangeBody(
  url: string,
  { data, warnings = [], infos = [] }: RangeBody,
  asOf: number,
): PromqlSeries {
  const asked = new URL(url, 'http://localhost').searchParams;
  const ms = (name: string) => Math.round(Number(asked.get(name)) * SECOND);
  const cut = 'results truncated due to limit';
  return {
    kind: 'series',
    start: ms('start'),
    end: ms('end'),
    step: ms('step'),
    series: data.result.map(({ metric, values }) => ({ labels: metric, points: pointsOf(values) })),
    isCut: warnings.includes(cut) || data.result.length > MOST_LINES,
    notes: [...warnings.filter((warning) => warning !== cut), ...infos],
    asOf,
  };
}

function pointsOf(values: ReadonlyArray<[seconds: number, value: string]>): Point[] {
  const points: Point[] = [];
  for (const [seconds, text] of values) {
    const value = Number(text);
    // Prometheus' +Inf and -Inf are no numbers to JavaScript either.
    if (Number.isFinite(value)) points.push([Math.round(seconds * SECOND), value]);
  }
  return points;
}

/** The last answer with the steps of the next in place of its own, and without what has left the window. */
export function mergeSteps(last: PromqlSeries, next: PromqlSeries, windowMs: number): PromqlSeries {
  // One step more, so that lines reach the left edge.
  const start = Math.max(Math.min(last.start, next.start), next.end - windowMs - next.step);
  const merged = new Map<string, GroupPoints>();
  for (const { labels, points } of last.series) {
    const kept = points.slice(positionOf(points, start), positionOf(points, next.start));
    if (kept.length > 0) merged.set(labelsKey(labels), { labels, points: kept });
  }
  for (const { labels, points } of next.series) {
    const key = labelsKey(labels);
    const kept = merged.get(key)?.points ?? [];
    if (points.length > 0) merged.set(key, { labels, points: [...kept, ...points] });
  }
  const series = [...merged.values()];
  return {
    ...next,
    start,
    series: series.slice(0, MOST_LINES),
    isCut: next.isCut || series.length > MOST_LINES,
  };
}
