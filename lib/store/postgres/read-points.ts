import type { Fragment, ISql } from 'postgres';
import { shareOf, stagesOf } from '../../aggregates';
import { PulseError } from '../../errors';
import { type Aggregate, alignDown, COUNTER_GAP_MS, type Point } from '../../model';
import { type StoreTier, TIER, tierForStep } from '../../rollup/steps';
import { arrayText } from '../arrays';
import type { StoreAnswer, StoreQuestion } from '../store';
import {
  type Branch,
  type Coverage,
  coveringParts,
  isPassed,
  readCoverage,
  type Selection,
  staleRows,
} from './coverage';
import { binned, type Counters, gap, moment } from './parts';

/** More than any page draws, and as much as a process can take in without trouble. */
const MOST_POINTS = 2_000_000;
/** Elements for each series, at most, in an array that tells groups. */
const MOST_EMPTY = 50;

/** Over the parts of a group and step, all series together. */
const POOLED: Partial<Record<Aggregate, string>> = {
  avg: 'ratio(sum(sum), sum(n))',
  sum: 'sum(sum)',
  min: 'min(min)',
  max: 'max(max)',
  count: 'sum(n)::float8',
  // Arrays compare by their first elements, then by their second: the newest sample, of several the highest.
  last: '(max(array[last_at, last]))[2]',
  increase: 'case when sum(elapsed) > 0 then sum(increase) end',
};
/** Over the parts of a group and step, one for each series. */
const RATE = 'sum(ratio(increase, elapsed / 1000)) filter (where elapsed > 0)';

type Row = [group: number, t: number, ...values: Array<number | null>];

/** Answers a question in one scan of the coarsest tier that its step and aggregates allow. */
export async function readPoints(
  sql: ISql,
  question: StoreQuestion,
  keeping: Exclude<Counters, 'none'>,
): Promise<StoreAnswer> {
  const { groups, aggregates, start, end, step } = question;
  // Percentiles cannot be had from sums, so they are always those of the samples themselves.
  const tier: StoreTier = aggregates.some(isQuantile) ? 'raw' : tierForStep(step, start);
  const answer: StoreAnswer = { groups: groups.map(() => []), tier };
  if (start >= end || groups.every((group) => group.length === 0)) return answer;

  const counters = aggregates.some((name) => name === 'rate' || name === 'increase') ? keeping : 'none';
  const selection: Selection = {
    tier,
    metricId: question.metricId,
    seriesIds: groups.flat(),
    wholeMetric: question.wholeMetric,
    // To stitch the first part of the range to the one before it, that one is read, too.
    start: counters === 'stitched' ? alignDown(start - COUNTER_GAP_MS, TIER[tier].stepMs) : start,
    end,
    counters,
  };
  let rows: Row[];
  let coverage: Coverage;
  do {
    coverage = await readCoverage(sql, selection);
    const parts = {
      branches: coveringParts(sql, selection, coverage),
      stale: staleRows(sql, selection, coverage),
    };
    rows = (await statement(sql, question, selection, parts).values()) as unknown as Row[];
  } while (await isPassed(sql, coverage));
  if (rows.length > MOST_POINTS)
    throw new PulseError(
      'too_expensive',
      `The answer has more than ${MOST_POINTS} points: ask for a shorter range, a coarser step or fewer groups.`,
    );
  for (const [group, t, ...values] of rows) {
    if (values.every(Number.isFinite)) answer.groups[group].push([t, ...values] as Point);
  }
  return answer;
}

/** The parts that answer the question, and the CTEs that they refer to. */
interface Parts {
  branches: Branch[];
  stale: Fragment;
}

function statement(sql: ISql, question: StoreQuestion, selection: Selection, { branches, stale }: Parts) {
  const { aggregates } = question;
  const stitched = selection.counters === 'stitched';
  return sql`
    with ${stale} parts as (${stitched ? stitch(sql, unite(sql, branches), question.start) : unite(sql, branches)})
    select grp, round(date_part('epoch', t) * 1000), ${sql(aggregates as Aggregate[])}
    from (${points(sql, question, stitched ? [] : branches)}) points
    where grp >= 0
    order by grp, t
    limit ${MOST_POINTS + 1}`;
}

function points(sql: ISql, question: StoreQuestion, branches: Branch[]): Fragment {
  const { aggregates, step, start } = question;
  if (!aggregates.includes('rate'))
    return grouped(sql, question, aggregates, sql`parts`, binned(sql, 'ts', step, start));
  const series = onePartASeries(sql, question, branches);
  if (!aggregates.some(isQuantile)) return grouped(sql, question, aggregates, series, sql.unsafe('t'));
  // Percentiles are of samples, rates of series: two answers, joined.
  const others = aggregates.filter((name) => name !== 'rate');
  return sql`
    select * from (${grouped(sql, question, others, sql`parts`, binned(sql, 'ts', step, start))}) of_samples
    join (${grouped(sql, question, ['rate'], series, sql.unsafe('t'))}) of_series using (grp, t)`;
}

function grouped(
  sql: ISql,
  { groups }: StoreQuestion,
  aggregates: readonly Aggregate[],
  parts: Fragment,
  t: Fragment,
): Fragment {
  const values = aggregates.map((name) => `${expression(name)} as ${name}`).join(', ');
  const { number, join } = membership(sql, groups);
  return sql`
    select ${number} as grp, ${t} as t, ${sql.unsafe(values)} from ${parts} ${join}
    group by 1, 2`;
}

function expression(name: Aggregate): string {
  if (isQuantile(name))
    return `percentile_cont(${shareOf(stagesOf(name).inner)}) within group (order by last)`;
  return name === 'rate' ? RATE : POOLED[name]!;
}

/**
 * The parts, added up to one for each series and step. Rows of a rollup of just this step are that already, and
 * adding up a million of them again would take longer than the rest of the answer.
 */
function onePartASeries(sql: ISql, { step, start }: StoreQuestion, branches: Branch[]): Fragment {
  const ready = branches.filter(({ level }) => TIER[level].stepMs === step);
  const others = branches.filter(({ level }) => TIER[level].stepMs !== step);
  const direct = () => sql`
    select series_id, ${binned(sql, 'ts', step, start)} as t, n, sum, min, max, last_at, last, increase, elapsed
    from (${unite(sql, ready)}) ready`;
  const added = (parts: Fragment) => sql`
    select series_id, ${binned(sql, 'ts', step, start)} as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max,
      max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
    from ${parts}
    group by 1, 2`;
  if (ready.length === 0) return sql`(${added(sql`parts`)}) series`;
  if (others.length === 0) return sql`(${direct()}) series`;
  return sql`(${direct()} union all ${added(sql`(${unite(sql, others)}) others`)}) series`;
}

/** All parts as one select; a range that is not empty has one branch at least. */
function unite(sql: ISql, branches: Branch[]): Fragment {
  return branches.map(({ parts }) => parts).reduce((all, parts) => sql`${all} union all ${parts}`);
}

/** Adds to each part what its series has counted since the part before it. */
function stitch(sql: ISql, parts: Fragment, start: number): Fragment {
  const pause = sql.unsafe('first_at - prev_at');
  return sql`
    select series_id, ts, n, sum, min, max, last_at, last,
      increase + case when ${pause} <= ${gap(sql)} then counted(first, prev) else 0 end as increase,
      elapsed + case when ${pause} <= ${gap(sql)} then ${pause} else 0 end as elapsed
    from (
      select *, lag(last) over w as prev, lag(last_at) over w as prev_at
      from (${parts}) apart
      window w as (partition by series_id order by ts)
    ) neighbours
    where ts >= ${moment(sql, start)}`;
}

/**
 * The number of a part's group, negative or null for none. One group needs no telling. Several are looked up by series
 * in an array: over 1,000 series, 24 h by the minute, 500 ms where a join takes 1,600 ms. The join is for series whose
 * ids lie so far apart that the array would be mostly empty.
 */
function membership(sql: ISql, groups: StoreQuestion['groups']): { number: Fragment; join: Fragment } {
  if (groups.length === 1) return { number: sql`0`, join: sql`` };
  const ids = groups.flat();
  const lowest = ids.reduce((low, id) => Math.min(low, id));
  const highest = ids.reduce((high, id) => Math.max(high, id));
  if (highest - lowest > MOST_EMPTY * ids.length) {
    const numbers = groups.flatMap((group, number) => group.map(() => number));
    return {
      number: sql`members.grp`,
      join: sql`join unnest(${arrayText(ids)}::int4[], ${arrayText(numbers)}::int4[]) as members(series_id, grp) using (series_id)`,
    };
  }
  // An element that is null would make a lookup read all elements before it.
  const numbers = new Array<number>(highest - lowest + 1).fill(-1);
  for (const [number, group] of groups.entries()) for (const id of group) numbers[id - lowest] = number;
  return {
    number: sql`(${arrayText(numbers)}::int4[])[series_id - ${lowest}::int4 + 1]`,
    join: sql``,
  };
}

function isQuantile(name: Aggregate): boolean {
  return shareOf(stagesOf(name).inner) !== null;
}
