import { alignDown } from './points';
import { AUTO_STEPS } from './rollup/choose';
import { parseDuration } from './time/duration';
import { parseTime } from './time/parse-time';
import type { PromqlQuestion } from './wire/promql';

/** Points of a line, where the step is chosen: about as many as a chart is wide. */
const POINTS = 600;

/** The steps at which an expression is evaluated, epoch ms: both ends are steps, and multiples of their width. */
export interface PromqlRange {
  start: number;
  end: number;
  step: number;
}

/** The steps of a question that is asked at `now`; or what is wrong with it, a sentence. */
export function rangeOfPromql(question: Omit<PromqlQuestion, 'query'>, now: number): PromqlRange | string {
  const [start, end] = [parseTime(question.start, now), parseTime(question.end, now)];
  if (start === null) return 'start is not a time.';
  if (end === null) return 'end is not a time.';
  if (start >= end) return 'start must be before end.';
  const step = question.step === 'auto' ? autoStep(end - start) : parseDuration(question.step);
  if (step === null || !Number.isInteger(step) || step < 1)
    return 'step must be auto or a duration such as 30s.';
  return { start: alignDown(start, step), end: alignDown(end, step), step };
}

function autoStep(lengthMs: number): number {
  return AUTO_STEPS.find((step) => lengthMs / step <= POINTS) ?? AUTO_STEPS[AUTO_STEPS.length - 1];
}
