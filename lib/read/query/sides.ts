import type { Point, PointRange } from '../../model/points';
import { TIERS } from '../../model/rollup/tiers';
import { listStarts } from '../../model/time/steps';
import { type Expression, evaluateExpression } from './expression';
import type { Calculation, ReadPoints, ReadSide } from './points';

/** The times of one side's points, and the times that they are told at. */
interface Moved extends PointRange {
  tell(points: Point[]): Point[];
}

/** Reads each side where its points lie, and makes of them what is told. */
export function readSides(readSide: ReadSide): ReadPoints {
  return async (question, work) => {
    const { sides, expression, groups, start, end } = question;
    const moved = sides.map((_, i) => moveRange(question, i, start, end));
    const answers = await Promise.all(
      sides.map(({ metric, aggregates }, i) => {
        const { tell: _, ...range } = moved[i];
        return readSide(
          { metric, aggregates, groups: groups.map((group) => group.sides[i]), ...range },
          work,
        );
      }),
    );
    const points: Point[][] = [];
    for (const g of groups.keys()) {
      if (work.isDue('evaluate')) await work.pause();
      const told = answers.map((answer, i) => moved[i].tell(answer.points[g]));
      points.push(expression ? calculate(expression, told) : told[0]);
    }
    return { points, tier: slowest(answers.map(({ tier }) => tier)) };
  };
}

/** Where the points of a side lie that are told in `[start, end)`. */
export function moveRange({ sides, steps }: Calculation, side: number, start: number, end: number): Moved {
  const { offset } = sides[side];
  if (steps.ms !== null) {
    return {
      start: start - offset,
      end: end - offset,
      step: steps.ms,
      tell:
        offset === 0 ? (points) => points : (points) => points.map(([t, ...rest]) => [t + offset, ...rest]),
    };
  }
  const told = listStarts(steps, start, end);
  const starts = told.map((t) => steps.back(t, offset));
  return {
    start: steps.back(start, offset),
    end: steps.back(end, offset),
    step: steps.usualMs,
    starts,
    tell: offset === 0 ? (points) => points : (points) => tellAt(points, starts, told),
  };
}

/** Each point, which begins at one of `starts`, at the time in the same place of `told`. */
function tellAt(points: readonly Point[], starts: readonly number[], told: readonly number[]): Point[] {
  let at = 0;
  return points.map(([t, ...values]) => {
    while (starts[at] < t) at++;
    return [told[at], ...values];
  });
}

/** The value of the expression where both sides have one, for each aggregate by itself. */
export function calculate(expression: Expression, [left, right]: readonly Point[][]): Point[] {
  const points: Point[] = [];
  let at = 0;
  for (const [t, ...values] of left) {
    while (right && at < right.length && right[at][0] < t) at++;
    const others = right?.[at]?.[0] === t ? right[at] : null;
    const results = values.map((value, i) =>
      evaluateExpression(expression, [value, others?.[i + 1] ?? null]),
    );
    if (results.some((result) => result !== null)) points.push([t, ...results]);
  }
  return points;
}

function slowest(tiers: ReadonlyArray<(typeof TIERS)[number]>): (typeof TIERS)[number] {
  return TIERS[Math.max(...tiers.map((tier) => TIERS.indexOf(tier)))];
}
