import type { Evaluation } from '../../memory/ring/evaluate';
import type { Labels } from '../../model/labels';
import type { PointsAnswer, TimeRange } from '../../model/points';
import type { Operand } from '../../model/question';
import type { Series } from '../../model/series';
import type { Steps } from '../../model/time/steps';
import type { ReadingWork } from '../../runtime/work/work';
import type { Expression } from './expression';

/** One line of an answer, and the series of each operand that it is made of. */
export interface JoinedGroup {
  /** Identifies the group within its question. */
  readonly key: string;
  readonly labels: Labels;
  readonly seriesByOperand: ReadonlyArray<readonly Series[]>;
}

/** What is computed of a group, whichever group and range it is. */
export interface Calculation {
  readonly operands: readonly Operand[];
  /** Combines the points of the operands; null: there is one operand, whose points are the answer. */
  readonly expression: Expression | null;
  readonly steps: Steps;
}

/** A question whose series are selected and grouped. `start` and `end` are where a step begins. */
export interface GroupedQuestion extends Calculation, TimeRange {
  groups: readonly JoinedGroup[];
}

/** The part of a question that one operand answers; its range is the question's, moved back by the offset. */
export interface OperandQuestion extends Evaluation {
  metric: string;
  /** The series of each group. */
  groups: ReadonlyArray<readonly Series[]>;
}

export type ReadPoints = (question: GroupedQuestion, work: ReadingWork) => Promise<PointsAnswer>;
export type ReadOperand = (question: OperandQuestion, work: ReadingWork) => Promise<PointsAnswer>;
