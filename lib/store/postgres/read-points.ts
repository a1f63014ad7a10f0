import type { Fragment, ISql } from 'postgres';
import { PulseError } from '../../errors';
import { type Aggregate, alignDown, COUNTER_GAP_MS, type Point, QUANTILES } from '../../model';
import { type StoreTier, TIER, tierForStep } from '../../rollup/steps';
import { arrayText } from '../arrays';
import type { StoreAnswer, StoreQuestion } from '../store';
import { type Coverage, coveringParts, readCoverage, type Selection, staleRows } from './coverage';
import { binned, elapsedSincePrevious, increaseSincePrevious, moment } from './parts';

/** More than any page draws, and as much as a process can take in without trouble. */
const MOST_POINTS = 2_000_000;

/** Over the parts of a group and step. */
const POOLED: Partial<Record<Aggregate, string>> = {
  avg: 'sum(sum) / sum(n)',
  sum: 'sum(sum)',
  min: 'min(min)',
  max: 'max(max)',
  count: 'sum(n)::float8',
  // Arrays compare by their first elements, then by their second: the newest sample, of several the highest.
  last: '(max(array[last_at, last]))[2]',
};
/** Over what each series of a group has counted in a step: `grown` in `elapsed` ms. */
const COUNTED: Partial<Record<Aggregate, string>> = {
  increase: 'sum(grown)',
  rate: 'sum(grown / (elapsed / 1000))',
};

type Row = [group: number, t: number, ...values: Array<number | null>];

/** Answers a question in one scan of the coarsest tier that its step and aggregates allow. */
export async function readPoints(sql: ISql, question: StoreQuestion): Promise<StoreAnswer> {
  const { groups, aggregates, start, end, step } = question;
  // Percentiles cannot be had from sums, so they are always those of the samples themselves.
  const tier: StoreTier = aggregates.some((name) => name in QUANTILES) ? 'raw' : tierForStep(step);
  const answer: StoreAnswer = { groups: groups.map(() => []), tier };
  if (start >= end || groups.every((group) => group.length === 0)) return answer;

  const counts = aggregates.some((name) => name in COUNTED);
  const selection: Selection = {
    metricId: question.metricId,
    seriesIds: groups.flat(),
    wholeMetric: question.wholeMetric,
    // A counter's first sample of the range is compared with the one before it.
    start: counts ? alignDown(start - COUNTER_GAP_MS, TIER[tier].stepMs) : start,
    end,
  };
  const coverage = await readCoverage(sql, selection);
  const rows = (await statement(sql, question, tier, selection, coverage).values()) as unknown as Row[];
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

function statement(
  sql: ISql,
  question: StoreQuestion,
  tier: StoreTier,
  selection: Selection,
  coverage: Coverage,
) {
  const { aggregates } = question;
  const pooled = aggregates.filter((name) => !(name in COUNTED));
  const counted = aggregates.filter((name) => name in COUNTED);
  const points =
    counted.length === 0
      ? pooledPoints(sql, question, pooled)
      : pooled.length === 0
        ? countedPoints(sql, question, counted)
        : sql`select * from (${pooledPoints(sql, question, pooled)}) pooled
              join (${countedPoints(sql, question, counted)}) counted using (grp, t)`;
  return sql`
    with ${staleRows(sql, tier, selection, coverage)}
    ${members(sql, question.groups)}
    parts as (${coveringParts(sql, tier, selection, coverage)})
    select grp, round(date_part('epoch', t) * 1000), ${sql(aggregates as Aggregate[])}
    from (${points}) points
    order by grp, t
    limit ${MOST_POINTS + 1}`;
}

function pooledPoints(sql: ISql, { groups, start, step }: StoreQuestion, aggregates: Aggregate[]): Fragment {
  const values = aggregates.map((name) => `${pooledExpression(name)} as ${name}`).join(', ');
  return sql`
    select ${group(sql, groups)} as grp, ${binned(sql, 'ts', step)} as t, ${sql.unsafe(values)}
    from parts ${joinMembers(sql, groups)}
    where ts >= ${moment(sql, start)}
    group by 1, 2`;
}

function pooledExpression(name: Aggregate): string {
  const quantile = QUANTILES[name];
  return quantile === undefined ? POOLED[name]! : `percentile_cont(${quantile}) within group (order by last)`;
}

function countedPoints(sql: ISql, { groups, start, step }: StoreQuestion, aggregates: Aggregate[]): Fragment {
  const values = aggregates.map((name) => `${COUNTED[name]} as ${name}`).join(', ');
  return sql`
    select ${group(sql, groups)} as grp, t, ${sql.unsafe(values)}
    from (
      select series_id, ${binned(sql, 'ts', step)} as t,
        sum(increase + coalesce(${increaseSincePrevious(sql)}, 0)) as grown,
        sum(elapsed + coalesce(${elapsedSincePrevious(sql)}, 0)) as elapsed
      from (
        select *, lag(last) over w as prev, lag(last_at) over w as prev_at
        from parts
        window w as (partition by series_id order by ts)
      ) neighbours
      where ts >= ${moment(sql, start)}
      group by 1, 2
    ) counters ${joinMembers(sql, groups)}
    where elapsed > 0
    group by 1, 2`;
}

/** Which series is in which group; one group needs no telling. */
function members(sql: ISql, groups: StoreQuestion['groups']): Fragment {
  if (groups.length === 1) return sql``;
  const numbers = groups.flatMap((group, number) => group.map(() => number));
  return sql`members as (
      select * from unnest(${arrayText(groups.flat())}::int4[], ${arrayText(numbers)}::int4[]) as m(series_id, grp)
    ),`;
}

function joinMembers(sql: ISql, groups: StoreQuestion['groups']): Fragment {
  return groups.length === 1 ? sql`` : sql`join members using (series_id)`;
}

function group(sql: ISql, groups: StoreQuestion['groups']): Fragment {
  return groups.length === 1 ? sql.unsafe('0') : sql.unsafe('members.grp');
}
