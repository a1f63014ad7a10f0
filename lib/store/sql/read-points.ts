import type { Fragment, ISql } from 'postgres';
import { PulseError } from '../../model/errors';
import { alignDown, type Point } from '../../model/points';
import { type StoreTier, TIER, tierForStarts, tierForStep } from '../../model/rollup/tiers';
import { MINUTE } from '../../model/time/duration';
import type { Scheduler } from '../../runtime/work/scheduler';
import { Work } from '../../runtime/work/work';
import { codeOf } from '../pg-errors';
import type { StoreAnswer, StoreQuestion } from '../store';
import {
  type Branch,
  beforeEach,
  coveringParts,
  isPassed,
  lastBefore,
  NEAR_MS,
  reachOf,
  readCoverage,
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
import type { Selection } from './selection';
import { staleRows } from './stale';

/** More than any page draws, and as many as a process can hold. */
const MOST_POINTS = 2_000_000;
const OUT_OF_RANGE = '22003';
/** Rows made points in one go: about a millisecond. */
const ROWS_AT_ONCE = 2_048;
type Row = [group: number, step: number, ...values: Array<number | null>];

/**
 * Answers a question in one scan of the coarsest tier that its step allows, for what parts suffice for, and one of the
 * samples for the rest.
 */
export async function readPoints(
  sql: ISql,
  question: StoreQuestion,
  keeping: Exclude<Counters, 'none'>,
  scheduler?: Scheduler,
): Promise<StoreAnswer> {
  const { groups, aggregates, start, end, step, starts } = question;
  const columns = columnsOf(aggregates);
  const coarsestTier = starts ? tierForStarts([...starts, end]) : tierForStep(step, start);
  // Percentiles cannot be had from sums, so they are always those of the samples themselves.
  const tier: StoreTier = columns.some(isColumnOfParts) ? coarsestTier : 'raw';
  const finest = columns.some(isColumnOfSamples) ? 'raw' : tier;
  const answer: StoreAnswer = { groups: groups.map(() => []), tier: finest };
  if (start >= end || groups.every((group) => group.length === 0)) return answer;

  const rows = await readRows(sql, question, { columns, tier, finest, keeping });
  if (rows.length > MOST_POINTS) refuseMany();
  await addPoints(answer, rows, starts, scheduler && Work.ofOurs(scheduler));
  return answer;
}

/** A few at a time: there may be millions. */
async function addPoints(
  { groups }: StoreAnswer,
  rows: readonly Row[],
  starts: StoreQuestion['starts'],
  work: Work | undefined,
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    if (work?.isDue('read')) await work.pause();
    const to = Math.min(from + ROWS_AT_ONCE, rows.length);
    for (let i = from; i < to; i++) addPoint(groups, rows[i], starts);
  }
}

/** Adds the values of a row, if it has any. In loops, since there may be millions of rows. */
function addPoint(groups: Point[][], row: Row, starts: StoreQuestion['starts']): void {
  const [group, step] = row;
  const point = row.slice(1) as Point;
  point[0] = starts ? starts[step - 1] : step;
  let hasValue = false;
  for (let i = 1; i < point.length; i++) {
    const value = point[i];
    const isNumber = value !== null && Number.isFinite(value);
    // Zero has no sign.
    point[i] = isNumber ? value + 0 : null;
    hasValue ||= isNumber;
  }
  if (hasValue) groups[group].push(point);
}

interface Reading {
  columns: readonly Column[];
  /** Of the parts, and of the finest that has to be read. */
  tier: StoreTier;
  finest: StoreTier;
  keeping: Exclude<Counters, 'none'>;
}

/** Once without care, unless the metric is known to need it; what the database refuses to add up or divide so, with. */
async function readRows(sql: ISql, question: StoreQuestion, reading: Reading): Promise<Row[]> {
  for (let careful = false; ; ) {
    const selection = selectionOf(question, reading, careful);
    const found = await readCoverage(sql, selection);
    if (found.careful && !careful) {
      careful = true;
      continue;
    }
    const coverage = { ...found, careful };
    const samplesApart: Selection = { ...selection, tier: 'raw', start: question.start, counters: 'none' };
    const parts: Parts = {
      branches: coveringParts(sql, selection, coverage),
      samples: reading.finest === reading.tier ? null : coveringParts(sql, samplesApart, coverage),
      stale: staleRows(sql, selection, coverage),
      // Where samples lie in the order of metrics, that is how they are found.
      before: (series) =>
        lastBefore(
          sql,
          { series, metricId: reading.keeping === 'stitched' ? question.metricId : undefined },
          selection.start,
          coverage,
        ),
      careful,
    };
    const rows = await unlessRefused(statement(sql, question, reading.columns, selection, parts).values());
    if (!careful && (rows === null || rows.some(isOverfull))) careful = true;
    else if (rows === null) throw new Error('the database refused arithmetic that was meant to be safe');
    else if (!(await isPassed(sql, found))) return rows;
  }
}

/** Null where the database refuses what comes out as infinite, or as zero but is none. */
async function unlessRefused(statement: PromiseLike<unknown>): Promise<Row[] | null> {
  try {
    return (await statement) as Row[];
  } catch (error) {
    if (codeOf(error) === OUT_OF_RANGE) return null;
    throw error;
  }
}

function selectionOf(
  { metricId, groups, wholeMetric, start, end }: StoreQuestion,
  { columns, tier, keeping }: Reading,
  careful: boolean,
): Selection {
  const counters = countersFor(columns, careful ? 'stitched' : keeping);
  return {
    tier,
    metricId,
    seriesIds: groups.flat(),
    wholeMetric,
    // To stitch the first part of the range to the one before it, that one is read, too, where it is near. Whole
    // minutes: what is before them is rolled up.
    start: counters === 'stitched' ? alignDown(start - NEAR_MS, Math.max(MINUTE, TIER[tier].stepMs)) : start,
    end,
    reach: reachOf(start, counters),
    counters,
  };
}

function isOverfull(row: Row): boolean {
  for (let i = 2; i < row.length; i++) {
    const value = row[i];
    if (value !== null && !Number.isFinite(value)) return true;
  }
  return false;
}

/** The answers to parts of a question, one after the other, as one. @throws PulseError `too_expensive` */
export function joinAnswers(answers: readonly StoreAnswer[]): StoreAnswer {
  if (answers.length === 1) return answers[0];
  const groups = answers[0].groups.map((_, i) => answers.flatMap((answer) => answer.groups[i]));
  if (groups.reduce((sum, points) => sum + points.length, 0) > MOST_POINTS) refuseMany();
  return { groups, tier: answers[0].tier };
}

/** The parts that answer the question, and the CTEs that they refer to. */
interface Parts {
  branches: Branch[];
  /** The samples themselves, where they are needed beside parts of a coarser tier. */
  samples: Branch[] | null;
  stale: Fragment;
  /** The last sample of a series before all these parts: see `lastBefore`. */
  before(series: Fragment): Fragment;
  careful: boolean;
}

function statement(
  sql: ISql,
  question: StoreQuestion,
  columns: readonly Column[],
  selection: Selection,
  parts: Parts,
) {
  const { branches, samples, stale, careful } = parts;
  const stitched = selection.counters === 'stitched';
  const sources: Sources = {
    branches: stitched ? [] : branches,
    samples: samples ? 'samples_apart' : 'parts',
    careful,
  };
  const united = stitched ? stitch(sql, parts, question.start, columns) : unite(sql, branches);
  const apart = samples ? sql`, samples_apart as (${unite(sql, samples)})` : sql``;
  return sql`
    with ${stale} parts as (${united})${apart}
    select grp, ${question.starts ? sql`t` : sql`round(date_part('epoch', t) * 1000)`}, ${sql.unsafe(columns.map(({ name }) => `"${name}"`).join(','))}
    from (${pointsOf(sql, question, columns, sources)}) points
    where grp >= 0
    order by grp, t
    limit ${MOST_POINTS + 1}`;
}

/** Only increases and pauses are stored; differences of any sign follow from a part and the one before it. */
function countersFor(columns: readonly Column[], keeping: Exclude<Counters, 'none'>): Counters {
  if (columns.some(({ inner }) => inner === 'delta')) return 'stitched';
  return columns.some(({ inner }) => inner === 'rate' || inner === 'increase') ? keeping : 'none';
}

/** Adds to each part what its series has counted since the part before it, which is looked for where it is not near. */
function stitch(
  sql: ISql,
  { branches, before, careful }: Parts,
  start: number,
  columns: readonly Column[],
): Fragment {
  const asks = (inner: Column['inner']) => columns.some((column) => column.inner === inner);
  const far = sql`case when ts >= ${moment(sql, start)} then ${before(sql`apart.series_id`)} end`;
  return sql`
    select series_id, ts, n, sum, min, max, last_at, last ${careful ? sql`, huge_sum` : sql``},
      ${growth(sql, careful)},
      elapsed + ${inTime(sql, PAUSE)} as elapsed
      ${asks('first') ? sql`, first_at, first` : sql``}
      ${asks('delta') ? sql`, ${difference(sql, careful)}` : sql``}
    from (
      select *, ${beforeEach(sql, 'last', sql`(${far})[1]`)} as prev, ${beforeEach(sql, 'last_at', sql`(${far})[2]`)} as prev_at
      from (${unite(sql, branches)}) apart
      window w as (partition by series_id order by ts)
    ) neighbours
    where ts >= ${moment(sql, start)}`;
}

const PAUSE = 'first_at - prev_at';

/** What the way from the part before has come to, where it was not too long. */
function inTime(sql: ISql, expression: string): Fragment {
  return sql`case when ${sql.unsafe(PAUSE)} <= ${gap(sql)} then ${sql.unsafe(expression)} else 0 end`;
}

function growth(sql: ISql, careful: boolean): Fragment {
  if (!careful) return sql`increase + ${inTime(sql, `counted(first, prev)`)} as increase`;
  const origin = `counted_from(first, prev)`;
  return sql`
    increase + ${inTime(sql, `tame_difference(first, ${origin})`)} as increase,
    huge_increase + ${inTime(sql, `huge_difference(first, ${origin})`)} as huge_increase`;
}

function difference(sql: ISql, careful: boolean): Fragment {
  if (!careful)
    return sql`
      summable(last) - summable(first) + ${inTime(sql, `summable(first) - summable(prev)`)} as delta`;
  return sql`
    tame_difference(last, first) + ${inTime(sql, `tame_difference(first, prev)`)} as delta,
    huge_difference(last, first) + ${inTime(sql, `huge_difference(first, prev)`)} as huge_delta`;
}

function refuseMany(): never {
  throw new PulseError(
    'too_expensive',
    `The answer has more than ${MOST_POINTS} points: ask for a shorter range, a coarser step or fewer groups.`,
  );
}
