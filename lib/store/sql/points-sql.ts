import type { Fragment, ISql } from 'postgres';
import { type Aggregate, type InnerAggregate, type Stages, stagesOf } from '../../model/aggregates';
import { TIER } from '../../model/rollup/tiers';
import type { StoreQuestion } from '../store';
import type { Branch } from './coverage';
import {
  isOfSamples,
  leastOf,
  type OfParts,
  type OfSamples,
  ofSeries,
  overParts,
  overSamples,
  overSeries,
} from './expressions';
import { membership } from './membership';
import { binned, numbered } from './parts';

/** One value of the points, and what it is called in the statement. */
export interface Column<Inner extends InnerAggregate = InnerAggregate> extends Stages {
  name: string;
  inner: Inner;
}

export function columnsOf(aggregates: readonly Aggregate[]): Column[] {
  return aggregates.map((aggregate, i) => ({
    name: /^\w+$/.test(aggregate) ? aggregate : `value_${i}`,
    ...stagesOf(aggregate),
  }));
}

/** What a statement makes points of. */
export interface Sources {
  /** The selects whose union is the relation `parts`; empty where that is one relation already. */
  branches: Branch[];
  /** The relation whose parts are the samples themselves. */
  samples: 'parts' | 'samples_apart';
  /** Whether parts have columns of what is huge. */
  careful: boolean;
}

/** The points of a question as a select of `grp`, `t` and the columns; a value that cannot be computed is null. */
export function pointsOf(
  sql: ISql,
  question: StoreQuestion,
  columns: readonly Column[],
  sources: Sources,
): Fragment {
  const { samples } = sources;
  const pooled = (some: readonly Column[], relation: string) =>
    grouped(sql, question, some, sources, sql.unsafe(relation), stepOf(sql, question));
  const bySeries = (some: readonly Column[], series: Fragment) =>
    grouped(sql, question, some, sources, series, sql.unsafe('t'));
  if (samples === 'parts' && !columns.some(isOfSeries)) return pooled(columns, 'parts');

  const ofParts = columns.filter(isColumnOfParts);
  const ofSamples = columns.filter(isColumnOfSamples);
  const ofAllSamples = ofSamples.filter((column) => !isOfSeries(column));
  const ofSeriesSamples = ofSamples.filter(isOfSeries);
  const answers: Fragment[] = [];
  if (ofParts.some(isOfSeries))
    answers.push(bySeries(ofParts, partsOfSeries(sql, question, ofParts, sources)));
  else if (ofParts.length > 0) answers.push(pooled(ofParts, 'parts'));
  if (ofAllSamples.length > 0) answers.push(pooled(ofAllSamples, samples));
  if (ofSeriesSamples.length > 0)
    answers.push(bySeries(ofSeriesSamples, samplesOfSeries(sql, question, ofSeriesSamples, sources)));
  return answers.reduce((all, answer, i) =>
    i === 1
      ? sql`select * from (${all}) answer_0 full join (${answer}) answer_1 using (grp, t)`
      : sql`${all} full join (${answer}) ${sql.unsafe(`answer_${i}`)} using (grp, t)`,
  );
}

/** The step that a part is in: where it begins, or its number where steps differ in width. */
function stepOf(sql: ISql, { start, step, starts }: StoreQuestion): Fragment {
  return starts ? numbered(sql, 'ts', starts) : binned(sql, 'ts', step, start);
}

export function isColumnOfParts(column: Column): column is Column<OfParts> {
  return !isOfSamples(column.inner);
}

export function isColumnOfSamples(column: Column): column is Column<OfSamples> {
  return isOfSamples(column.inner);
}

/** Whether values of series come first. */
function isOfSeries({ outer, inner }: Column): boolean {
  return outer !== null || inner === 'rate';
}

function grouped(
  sql: ISql,
  { groups }: StoreQuestion,
  columns: readonly Column[],
  { careful }: Sources,
  parts: Fragment,
  t: Fragment,
): Fragment {
  const inners = innersOf(columns);
  const values = sql.unsafe(
    columns.map((column) => `${expression(column, inners, careful)} as ${column.name}`).join(', '),
  );
  const { number, join } = membership(sql, groups);
  const spread = columns.flatMap((column) => spreadOf(column, inners));
  if (spread.length === 0)
    return sql`
      select ${number} as grp, ${t} as t, ${values} from ${parts} ${join}
      group by 1, 2`;
  return sql`
    select grp, at as t, ${values}
    from ${withLeast(sql, spread, ['grp', 'at'], sql`(select *, ${number} as grp, ${t} as at from ${parts} ${join}) placed`)}
    group by 1, 2`;
}

/**
 * Adds to rows what `stddevOf` needs beside the columns whose spread is asked for, of those that agree in two others.
 */
function withLeast(
  sql: ISql,
  columns: readonly string[],
  by: readonly [string, string],
  rows: Fragment,
): Fragment {
  const least = columns.map((column) => `, min(${column}) over same as ${leastOf(column)}`).join('');
  return sql`(
    select *${sql.unsafe(least)} from ${rows} window same as (partition by ${sql.unsafe(by.join(', '))})
  ) spread`;
}

/** The column whose standard deviation is asked for, if that is what is. */
function spreadOf({ outer, inner }: Column, inners: readonly InnerAggregate[]): string[] {
  if (outer === null) return inner === 'stddev' ? ['last'] : [];
  return outer === 'stddev' ? [`inner_${inners.indexOf(inner)}`] : [];
}

function expression({ outer, inner }: Column, inners: readonly InnerAggregate[], careful: boolean): string {
  if (outer !== null) return overSeries(outer, `inner_${inners.indexOf(inner)}`, careful);
  return isOfSamples(inner) ? overSamples(inner, careful) : overParts(inner, careful);
}

/** What is made of each series first; its place gives a column of series its name. */
function innersOf<Inner extends InnerAggregate>(columns: ReadonlyArray<Column<Inner>>): Inner[] {
  return [...new Set(columns.flatMap(({ outer, inner }) => (outer === null ? [] : [inner])))];
}

/** The parts, one for each series and step, and what is made of each. */
function partsOfSeries(
  sql: ISql,
  question: StoreQuestion,
  columns: ReadonlyArray<Column<OfParts>>,
  sources: Sources,
): Fragment {
  const parts = onePartASeries(sql, question, columns, sources);
  const values = innersOf(columns).map((inner, i) => `, ${ofSeries(inner, sources.careful)} as inner_${i}`);
  if (values.length === 0) return parts;
  return sql`(select *${sql.unsafe(values.join(''))} from ${parts}) series`;
}

function samplesOfSeries(
  sql: ISql,
  question: StoreQuestion,
  columns: ReadonlyArray<Column<OfSamples>>,
  { samples, careful }: Sources,
): Fragment {
  const inners = innersOf(columns);
  const values = sql.unsafe(
    inners.map((inner, i) => `, ${overSamples(inner, careful)} as inner_${i}`).join(''),
  );
  const t = stepOf(sql, question);
  const relation = sql.unsafe(samples);
  if (!inners.includes('stddev'))
    return sql`(select series_id, ${t} as t${values} from ${relation} group by 1, 2) series`;
  const placed = sql`(select series_id, ${t} as at, last from ${relation}) placed`;
  return sql`(
    select series_id, at as t${values} from ${withLeast(sql, ['last'], ['series_id', 'at'], placed)}
    group by 1, 2
  ) series`;
}

/**
 * The parts, added up to one for each series and step. Rows of a rollup of just this step are that already, and
 * adding up a million of them again would take longer than the rest of the answer.
 */
function onePartASeries(
  sql: ISql,
  question: StoreQuestion,
  columns: ReadonlyArray<Column<OfParts>>,
  { branches, careful }: Sources,
): Fragment {
  const also = moreOf(columns, careful);
  const isReady = ({ level }: Branch) => !question.starts && TIER[level].stepMs === question.step;
  const ready = branches.filter(isReady);
  const others = branches.filter((branch) => !isReady(branch));
  const direct = () => sql`
    select series_id, ${stepOf(sql, question)} as t, n, sum, min, max, last_at, last, increase, elapsed
      ${sql.unsafe(also.map(([name]) => `, ${name}`).join(''))}
    from (${unite(sql, ready)}) ready`;
  const summed = (parts: Fragment) => sql`
    select series_id, ${stepOf(sql, question)} as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max,
      max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
      ${sql.unsafe(also.map(([name, expression]) => `, ${expression} as ${name}`).join(''))}
    from ${parts}
    group by 1, 2`;
  if (ready.length === 0) return sql`(${summed(sql`parts`)}) series`;
  if (others.length === 0) return sql`(${direct()}) series`;
  return sql`(${direct()} union all ${summed(sql`(${unite(sql, others)}) others`)}) series`;
}

/** What parts have beside what all have, and how it is put together. */
function moreOf(
  columns: ReadonlyArray<Column<OfParts>>,
  careful: boolean,
): Array<[name: string, expression: string]> {
  const asks = (name: OfParts) => columns.some(({ inner }) => inner === name);
  const summed = (...names: string[]) => names.map((name): [string, string] => [name, `sum(${name})`]);
  return [
    ...(asks('first')
      ? ([
          ['first_at', 'min(first_at)'],
          ['first', overParts('first', careful)],
        ] satisfies Array<[string, string]>)
      : []),
    ...(asks('delta') ? summed('delta') : []),
    ...(careful ? summed('huge_sum', 'huge_increase') : []),
    ...(careful && asks('delta') ? summed('huge_delta') : []),
  ];
}

/** All parts as one select; a range that is not empty has one branch at least. */
export function unite(sql: ISql, branches: Branch[]): Fragment {
  return branches.map(({ parts }) => parts).reduce((all, parts) => sql`${all} union all ${parts}`);
}
