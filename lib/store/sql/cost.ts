import { TIER, tierForStep } from '../../model/rollup/tiers';
import { SECOND } from '../../model/time/duration';
import type { StoreQuestion } from '../store';
import { columnsOf, isColumnOfSamples } from './points-sql';

/** Agents post every so often, more or less. */
const SAMPLE_EVERY_MS = 5 * SECOND;
/** About a tenth of a second's work. */
const MANY_PARTS = 100_000;

/** Whether a question is answered, at least in part, from the samples themselves. */
export function readsSamples({ aggregates, step, start }: StoreQuestion): boolean {
  return columnsOf(aggregates).some(isColumnOfSamples) || tierForStep(step, start) === 'raw';
}

/** Whether a question reads so much that others should not wait for it: estimated as if no sample were missing. */
export function isHeavy(question: StoreQuestion): boolean {
  const { groups, step, start, end } = question;
  const everyMs = readsSamples(question) ? SAMPLE_EVERY_MS : TIER[tierForStep(step, start)].stepMs;
  const series = groups.reduce((sum, group) => sum + group.length, 0);
  return (series * (end - start)) / everyMs > MANY_PARTS;
}
