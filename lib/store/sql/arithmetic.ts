import { SCALE } from '../../model/arithmetic';

/**
 * Expressions over the whole range of float64: their values are finite, and they end no statement
 * (drizzle/catalogue/functions/arithmetic.sql). Each is SQL text over the rows of a group. Where no care is asked for,
 * sums and ratios are plain and cost what PostgreSQL's own do; it refuses them where that is not enough.
 */

/** What a sum adds: a column or expression of the tame values, and one of the huge values, where there are any. */
export interface Addends {
  tame: string;
  huge: string | null;
}

/** Values as they are. */
export function valuesOf(column: string, careful: boolean): Addends {
  return careful ? { tame: `tame(${column})`, huge: `huge(${column})` } : { tame: column, huge: null };
}

export function sumOf({ tame, huge }: Addends, filter = ''): string {
  return huge ? `united(sum(${tame})${filter}, sum(${huge})${filter})` : `sum(${tame})${filter}`;
}

/** What one row has. */
export function wholeOf({ tame, huge }: Addends): string {
  return huge ? `united(${tame}, ${huge})` : tame;
}

/** Of every row its own over `divisor`, which is above zero. */
export function eachOver({ tame, huge }: Addends, divisor: string): Addends {
  if (!huge) return { tame: `${tame} / (${divisor})`, huge };
  return { tame: `ratio(${tame}, ${divisor})`, huge: `ratio(${huge}, ${divisor})` };
}

/** The sum over `divisor`, an aggregate above zero. */
export function ratioOf({ tame, huge }: Addends, divisor: string): string {
  if (!huge) return `sum(${tame}) / (${divisor})`;
  return `united(ratio(sum(${tame}), ${divisor}), ratio(sum(${huge}), ${divisor}))`;
}

export function quantileOf(column: string, share: number, careful: boolean): string {
  const at = (values: string) => `percentile_cont(${share}) within group (order by ${values})`;
  if (!careful) return at(column);
  // The way from one end of float64 to the other is longer than float64: then half of it, of halves.
  return `case when abs(${at(column)}) <= ${Number.MAX_VALUE} then ${at(column)} else unscaled(${at(`scaled(${column})`)}) end`;
}

/**
 * The population standard deviation of the values that there are. `least` is a column that has the least of them in
 * each row: of values far from zero, the distances keep the digits that squares lose. Squares leave float64 early, so
 * values are scaled by what fits the largest; the other scales are fed zeros.
 */
export function stddevOf(column: string, least: string): string {
  const size = `abs(${column})`;
  const ofDistances = (scaled: (value: string) => string) =>
    `stddev_pop(${scaled(column)} - ${scaled(least)}) filter (where ${column} is not null)`;
  const down = ofDistances((value) => `case when abs(${value}) > 1e-50 then ${value} * ${DOWN} else 0 end`);
  const plain = ofDistances(
    (value) => `case when abs(${value}) between 1e-150 and 1e140 then ${value} else 0 end`,
  );
  const up = ofDistances((value) => `case when abs(${value}) < 1e-100 then ${value} * ${UP} else 0 end`);
  return `case
    when max(${size}) > 1e130 then least(${down}, ${Number.MAX_VALUE / SCALE}) * ${UP}
    when max(${size}) < 1e-130 then case when ${up} <= ${(Number.MIN_VALUE * SCALE) / 2} then 0 else ${up} * ${DOWN} end
    else ${plain} end`;
}

const UP = SCALE;
const DOWN = 1 / SCALE;
