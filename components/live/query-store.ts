import { hasValue } from '@/lib/model/fill';
import { labelsKey } from '@/lib/model/labels';
import { type GroupPoints, type Point, positionOf } from '@/lib/model/points';
import type { Ranking } from '@/lib/model/question';
import { formatDuration, parseDuration } from '@/lib/model/time/duration';
import { readStep, stepsOf } from '@/lib/model/time/steps';
import { topGroups } from '@/lib/model/top';
import type { HistoryAnswer } from '@/lib/model/wire/history';
import { type Query, queryText } from '@/lib/model/wire/query';
import type { GroupUpserts } from '@/lib/model/wire/stream';

/** What a panel draws. A new object at every change; a group whose points did not change keeps its identity. */
export interface QuerySnapshot {
  readonly aggregate: string;
  /** Width of a point in ms; where points differ, the usual one. */
  readonly step: number;
  readonly tier: HistoryAnswer['tier'];
  /** The range that was asked for; while live the window moves on from `end`. */
  readonly start: number;
  readonly end: number;
  /** Length of the moving window in ms; null when the range stands still. */
  readonly windowMs: number | null;
  readonly series: readonly GroupPoints[];
  /** What to show in place of a chart without points; null when only the points are missing. */
  readonly note: string | null;
  /** Why the last attempt to read this again failed, while what is shown may be incomplete. */
  readonly problem: string | null;
}

/** Upserts that arrived while the range was being read again. */
interface BufferedUpserts {
  id: number;
  series: readonly GroupUpserts[];
}

/**
 * One query's points in the browser: the answer it started with, and the stream's upserts folded in.
 * Knows nothing of the network; `Feed` passes it what arrives.
 */
export interface QueryStore {
  /** The query's text on the stream, with the step the answer chose; null when its range stands still. */
  readonly text: string | null;
  /** The question as it is asked from now on, with the step the answer chose. */
  readonly live: Query;
  readonly view: QueryView;
  readonly stream: StreamedPoints;
  readonly reread: QueryReread;
}

/** What a panel draws, for `useSyncExternalStore`. */
export interface QueryView {
  subscribe(changed: () => void): () => void;
  getSnapshot(): QuerySnapshot;
}

/** What the stream brings. `now` is the server's time, ms. */
export interface StreamedPoints {
  /** Server ms; everything before it has arrived. */
  cursor(): number;
  advance(cursor: number): void;
  /** Folds upserts that the stream sent under event id `id`. */
  upsert(series: readonly GroupUpserts[], id: number, now: number): void;
  /** Drops points that have left the window. */
  trim(now: number): void;
}

/** Its whole range, read again. */
export interface QueryReread {
  /** A request leaves now. Until `complete`, upserts are buffered as well: its answer may not have them. */
  begin(): void;
  /** Replaces all points by the answer. `now` is the server's time, ms. */
  complete(answer: HistoryAnswer, now: number): void;
  fail(problem: string): void;
}

export function createQueryStore(query: Query, initial: HistoryAnswer): QueryStore {
  const windowMs = liveWindow(query);
  const ranking = rankingOf(query);
  const steps = stepsOf(readStep(initial.step, initial.timezone));
  const live = liveQuery(query, initial.step);
  const listeners = new Set<() => void>();
  let answer = initial;
  let cursor = initial.cursor;
  let groups = mapOf(initial.series);
  /** Of the groups that are kept, where it does not follow from the points. */
  let order: readonly string[] = [...groups.keys()];
  let buffered: BufferedUpserts[] | null = null;
  let problem: string | null = null;
  keepTop(initial.start);
  let snapshot = makeSnapshot();

  function makeSnapshot(): QuerySnapshot {
    const { aggregate, tier, start, end } = answer;
    const note = answer.notes?.[0]?.message ?? null;
    return {
      aggregate,
      step: steps.usualMs,
      tier,
      start,
      end,
      windowMs,
      series: [...groups.values()],
      note,
      problem,
    };
  }

  function changed(): void {
    snapshot = makeSnapshot();
    for (const listener of listeners) listener();
  }

  return {
    live,
    text: windowMs === null ? null : queryText(live),
    view: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      getSnapshot: () => snapshot,
    },
    stream: {
      cursor: () => cursor,
      advance(next) {
        cursor = Math.max(cursor, next);
      },
      upsert(series, id, now) {
        buffered?.push({ id, series });
        cursor = Math.max(cursor, id);
        foldAll(series, now);
        keepTop(rangeStart(now));
        changed();
      },
      trim(now) {
        if (drop(groups, oldest(now))) changed();
      },
    },
    reread: {
      begin() {
        buffered = [];
      },
      complete(next, now) {
        const after = buffered ?? [];
        buffered = null;
        answer = next;
        cursor = Math.max(cursor, next.cursor);
        problem = null;
        groups = mapOf(next.series);
        order = [...groups.keys()];
        // What the stream sent before the answer's cursor is in the answer, in a state at least as new.
        for (const { id, series } of after) if (id >= next.cursor) foldAll(series, now);
        keepTop(rangeStart(now));
        changed();
      },
      fail(reason) {
        if (problem === reason) return;
        problem = reason;
        changed();
      },
    },
  };

  function foldAll(series: readonly GroupUpserts[], now: number): void {
    fold(groups, series, oldest(now));
    order = rankedKeys(series) ?? order;
  }

  /**
   * The stream sends the groups in the top, and nothing of groups that have left it: kept any longer, an old value
   * could rank among new ones. A group that enters comes with all its points, also in place of one whose newest point
   * has left the range.
   */
  function keepTop(start: number): void {
    if (ranking === null) return;
    if (ranking.by === 'range') {
      groups = mapOf(order.flatMap((key) => groups.get(key) ?? []));
      return;
    }
    const shown = [...groups.values()].filter(
      ({ points }) => (points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY) >= start,
    );
    groups = mapOf(topGroups(shown, ranking));
  }

  function rangeStart(now: number): number {
    return windowMs === null ? answer.start : steps.startOf(now - windowMs);
  }

  function oldest(now: number): number {
    // One step more than the window, so that the line reaches the left edge.
    return windowMs === null ? Number.NEGATIVE_INFINITY : now - windowMs - 2 * steps.usualMs;
  }
}

function rankingOf({ top, bottom, rank }: Query): Ranking | null {
  const by = rank === 'range' ? rank : 'latest';
  if (top) return { count: Number(top), order: 'highest', by };
  return bottom ? { count: Number(bottom), order: 'lowest', by } : null;
}

/** The same question for the stream: with the step that `auto` came to, which must not change under a chart. */
function liveQuery({ maxPoints: _, ...query }: Query, step: number | string): Query {
  if (typeof step === 'string') return { ...query, step };
  return { ...query, step: step === 1 ? 'raw' : formatDuration(step) };
}

/** ms of the window that ends now; null when the range stands still. */
export function liveWindow({ start = 'now-1h', end = 'now' }: Query): number | null {
  if (end !== 'now') return null;
  const found = /^now-(.+)$/.exec(start);
  return found ? parseDuration(found[1]) : null;
}

type Groups = Map<string, GroupPoints>;

function mapOf(series: readonly GroupPoints[]): Groups {
  return new Map(series.map((group) => [labelsKey(group.labels), group]));
}

/** Puts each point at its time, in place of the one before; points before `oldest` are skipped. */
function fold(groups: Groups, series: readonly GroupPoints[], oldest: number): void {
  for (const { labels, points } of series) {
    const key = labelsKey(labels);
    const merged = mergePoints(groups.get(key)?.points ?? [], points, oldest);
    if (merged.length > 0) groups.set(key, { labels, points: merged });
    else groups.delete(key);
  }
}

/** The keys of all groups that are kept, in order, where the stream sends ranks; else null. */
function rankedKeys(series: readonly GroupUpserts[]): string[] | null {
  const ranked = series.filter(({ rank }) => rank !== undefined).sort((a, b) => a.rank! - b.rank!);
  return ranked.length === 0 ? null : ranked.map(({ labels }) => labelsKey(labels));
}

/** Two ascending lists of points as one; where both have a time, the second wins: a point without values removes. */
function mergePoints(known: readonly Point[], upserts: readonly Point[], oldest: number): Point[] {
  const merged = known.slice(positionOf(known, oldest));
  for (const point of upserts) {
    if (point[0] < oldest) continue;
    const at = positionOf(merged, point[0]);
    merged.splice(at, merged[at]?.[0] === point[0] ? 1 : 0, ...(hasValue(point) ? [point] : []));
  }
  return merged;
}

function drop(groups: Groups, oldest: number): boolean {
  let dropped = false;
  for (const [key, { labels, points }] of groups) {
    const from = positionOf(points, oldest);
    if (from === 0) continue;
    dropped = true;
    if (from === points.length) groups.delete(key);
    else groups.set(key, { labels, points: points.slice(from) });
  }
  return dropped;
}
