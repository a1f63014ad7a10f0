import { SECOND } from '../../model';
import { TIER, tierForStep } from '../../rollup/steps';
import type { StoreQuestion } from '../store';
import { columnsOf, isColumnOfSamples } from './points-sql';

/** Agents post every so often, more or less. */
const SAMPLE_EVERY_MS = 5 * SECOND;
/** About a tenth of a second's work. */
const MANY_PARTS = 100_000;

/** Whether a question has so much to read that others had better not wait behind it: by its range, as if all were there. */
export function isHeavy(question: StoreQuestion): boolean {
  const { groups, aggregates, step, start, end } = question;
  const tier = columnsOf(aggregates).some(isColumnOfSamples) ? 'raw' : tierForStep(step, start);
  const everyMs = tier === 'raw' ? SAMPLE_EVERY_MS : TIER[tier].stepMs;
  const series = groups.reduce((sum, group) => sum + group.length, 0);
  return (series * (end - start)) / everyMs > MANY_PARTS;
}
