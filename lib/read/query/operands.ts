import type { Point, PointRange } from '../../model/points';
import { TIERS, type Tier } from '../../model/rollup/tiers';
import { listStarts } from '../../model/time/steps';
import { type Expression, evaluateExpression } from './expression';
import type { Calculation, ReadOperand, ReadPoints } from './grouped-question';

/** Where the points of an operand lie, and how they are moved to the times of the question. */
interface OffsetRange {
  range: PointRange;
  moveForward(points: Point[]): Point[];
}

/** Reads the points of each operand, moves them by its offset and computes the expression. */
export function readOperands(readOperand: ReadOperand): ReadPoints {
  return async (question, work) => {
    const { operands, expression, groups, start, end } = question;
    const offsetRanges = operands.map((_, index) => offsetRange(question, index, start, end));
    const answers = await Promise.all(
      operands.map(({ metric, aggregates }, index) => {
        const series = groups.map(({ seriesByOperand }) => seriesByOperand[index]);
        return readOperand({ metric, aggregates, groups: series, ...offsetRanges[index].range }, work);
      }),
    );
    const points: Point[][] = [];
    for (const g of groups.keys()) {
      if (work.isDue('evaluate')) await work.pause();
      const moved = answers.map((answer, index) => offsetRanges[index].moveForward(answer.groups[g]));
      points.push(expression ? calculate(expression, moved) : moved[0]);
    }
    return { groups: points, tier: slowest(answers.map(({ tier }) => tier)) };
  };
}

/** The range in which an operand's points lie that stand in `[start, end)` of the answer. */
export function offsetRange(
  { operands, steps }: Calculation,
  operandIndex: number,
  start: number,
  end: number,
): OffsetRange {
  const { offset } = operands[operandIndex];
  if (steps.ms !== null) {
    return {
      range: { start: start - offset, end: end - offset, step: steps.ms },
      moveForward:
        offset === 0 ? (points) => points : (points) => points.map(([t, ...rest]) => [t + offset, ...rest]),
    };
  }
  const answered = listStarts(steps, start, end);
  const starts = answered.map((t) => steps.back(t, offset));
  return {
    range: { start: steps.back(start, offset), end: steps.back(end, offset), step: steps.usualMs, starts },
    moveForward: offset === 0 ? (points) => points : (points) => movePoints(points, starts, answered),
  };
}

/** Moves each point from its place in `from` to the time at the same place of `to`. */
function movePoints(points: readonly Point[], from: readonly number[], to: readonly number[]): Point[] {
  let place = 0;
  return points.map(([t, ...values]) => {
    while (from[place] < t) place++;
    return [to[place], ...values];
  });
}

/** The value of the expression where both operands have one, for each aggregate by itself. */
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

function slowest(tiers: readonly Tier[]): Tier {
  return TIERS[Math.max(...tiers.map((tier) => TIERS.indexOf(tier)))];
}
