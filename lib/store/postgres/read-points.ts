import type { Fragment, ISql } from 'postgres';
import { PulseError } from '../../errors';
import { alignDown, MINUTE } from '../../model';
import { type StoreTier, TIER, tierForStep } from '../../rollup/steps';
import type { StoreAnswer, StoreQuestion } from '../store';
import {
  type Branch,
  coveringParts,
  isPassed,
  lastBefore,
  NEAR_MS,
  type ReadCoverage,
  reachOf,
  readCoverage,
  type Selection,
} from './coverage';
import { type Counters, gap, moment } from './parts';
import {
  type Column,
  columnsOf,
  isColumnOfParts,
  isColumnOfSamples,
  pointsOf,
  type Sources,
  unite,
} from './points-sql';
import { staleRows } from './stale';

/** More than any page draws, and as much as a process can take in without trouble. */
const MOST_POINTS = 2_000_000;
type Row = [group: number, t: number, ...values: Array<number | null>];

/**
 * Answers a question in one scan of the coarsest tier that its step allows, for what parts tell, and one of the samples
 * for what only they tell.
 */
export async function readPoints(
  sql: ISql,
  question: StoreQuestion,
  keeping: Exclude<Counters, 'none'>,
): Promise<StoreAnswer> {
  const { groups, aggregates, start, end, step } = question;
  const columns = columnsOf(aggregates);
  // Percentiles cannot be had from sums, so they are always those of the samples themselves.
  const tier: StoreTier = columns.some(isColumnOfParts) ? tierForStep(step, start) : 'raw';
  const finest = columns.some(isColumnOfSamples) ? 'raw' : tier;
  const answer: StoreAnswer = { groups: groups.map(() => []), tier: finest };
  if (start >= end || groups.every((group) => group.length === 0)) return answer;

  const counters = countersFor(columns, keeping);
  const selection: Selection = {
    tier,
    metricId: question.metricId,
    seriesIds: groups.flat(),
    wholeMetric: question.wholeMetric,
    // To stitch the first part of the range to the one before it, that one is read, too, where it is near. Whole
    // minutes: what is before them is rolled up.
    start: counters === 'stitched' ? alignDown(start - NEAR_MS, Math.max(MINUTE, TIER[tier].stepMs)) : start,
    end,
    reach: reachOf(start, counters),
    counters,
  };
  const samplesApart: Selection = { ...selection, tier: 'raw', start, counters: 'none' };
  let rows: Row[];
  let coverage: ReadCoverage;
  do {
    coverage = await readCoverage(sql, selection);
    const parts = {
      branches: coveringParts(sql, selection, coverage),
      samples: finest === tier ? null : coveringParts(sql, samplesApart, coverage),
      stale: staleRows(sql, selection, coverage),
      // Where samples lie in the order of metrics, that is how they are found.
      before: (series: Fragment) =>
        lastBefore(
          sql,
          { series, metricId: keeping === 'stitched' ? question.metricId : undefined },
          selection.start,
          coverage,
        ),
    };
    rows = (await statement(sql, question, columns, selection, parts).values()) as unknown as Row[];
  } while (await isPassed(sql, coverage));
  if (rows.length > MOST_POINTS)
    throw new PulseError(
      'too_expensive',
      `The answer has more than ${MOST_POINTS} points: ask for a shorter range, a coarser step or fewer groups.`,
    );
  for (const [group, t, ...values] of rows) {
    const told = values.map((value) => (Number.isFinite(value) ? value : null));
    if (told.some((value) => value !== null)) answer.groups[group].push([t, ...told]);
  }
  return answer;
}

/** The parts that answer the question, and the CTEs that they refer to. */
interface Parts {
  branches: Branch[];
  /** The samples themselves, where they are needed beside parts of a coarser tier. */
  samples: Branch[] | null;
  stale: Fragment;
  /** The last sample of a series before all these parts: see `lastBefore`. */
  before(series: Fragment): Fragment;
}

function statement(
  sql: ISql,
  question: StoreQuestion,
  columns: readonly Column[],
  selection: Selection,
  parts: Parts,
) {
  const { branches, samples, stale } = parts;
  const stitched = selection.counters === 'stitched';
  const sources: Sources = {
    branches: stitched ? [] : branches,
    samples: samples ? 'samples_apart' : 'parts',
  };
  const united = stitched ? stitch(sql, parts, question.start, columns) : unite(sql, branches);
  const apart = samples ? sql`, samples_apart as (${unite(sql, samples)})` : sql``;
  return sql`
    with ${stale} parts as (${united})${apart}
    select grp, round(date_part('epoch', t) * 1000), ${sql(columns.map(({ name }) => name))}
    from (${pointsOf(sql, question, columns, sources)}) points
    where grp >= 0
    order by grp, t
    limit ${MOST_POINTS + 1}`;
}

/** Only increases and pauses are stored; differences of any sign are told by a part and the one before it alone. */
function countersFor(columns: readonly Column[], keeping: Exclude<Counters, 'none'>): Counters {
  if (columns.some(({ inner }) => inner === 'delta')) return 'stitched';
  return columns.some(({ inner }) => inner === 'rate' || inner === 'increase') ? keeping : 'none';
}

/** Adds to each part what its series has counted since the part before it, which is looked for where it is not near. */
function stitch(sql: ISql, { branches, before }: Parts, start: number, columns: readonly Column[]): Fragment {
  const pause = sql.unsafe('first_at - coalesce(prev_at, far[2])');
  const previous = sql.unsafe('coalesce(prev, far[1])');
  const asks = (inner: Column['inner']) => columns.some((column) => column.inner === inner);
  return sql`
    select series_id, ts, n, sum, min, max, last_at, last,
      increase + case when ${pause} <= ${gap(sql)} then counted(first, ${previous}) else 0 end as increase,
      elapsed + case when ${pause} <= ${gap(sql)} then ${pause} else 0 end as elapsed
      ${asks('first') ? sql`, first_at, first` : sql``}
      ${asks('delta') ? sql`, last - first + case when ${pause} <= ${gap(sql)} then first - ${previous} else 0 end as delta` : sql``}
    from (
      select *, case when prev_at is null and ts >= ${moment(sql, start)} then ${before(sql`near.series_id`)} end as far
      from (
        select *, lag(last) over w as prev, lag(last_at) over w as prev_at
        from (${unite(sql, branches)}) apart
        window w as (partition by series_id order by ts)
      ) near
    ) neighbours
    where ts >= ${moment(sql, start)}`;
}
