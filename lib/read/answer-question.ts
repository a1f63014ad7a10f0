import { groupSeries, type SeriesGroup } from '../memory/catalogue/groups';
import type { Registry } from '../memory/catalogue/registry';
import { fillPoints } from '../model/fill';
import type { GroupPoints, PointsAnswer } from '../model/points';
import { nameOfStep, stepsOf } from '../model/time/steps';
import { topGroups } from '../model/top';
import type { HistoryAnswer, Note } from '../model/wire/history';
import type { PausableWork, Work } from '../runtime/work/work';
import { formatExpression } from './query/expression';
import type { GroupedQuestion, JoinedGroup, ReadPoints } from './query/grouped-question';
import { joinGroups } from './query/join-groups';
import { isRaw, limitGroups, limitPoints, limitRawPoints, limitRawSamples } from './query/limits';
import { notesOn } from './query/notes';
import type { Question } from './query/question';
import { rankGroups } from './query/rank';

export interface AnswerParts {
  registry: Pick<Registry, 'knownMetric' | 'candidates'>;
  readPoints: ReadPoints;
  work: Work;
  /** Everything committed before it is in the answer, epoch ms. */
  cursor: number;
  /** Points of a series with `step=raw` at most. */
  maxRawPoints: number;
  /** Ranks over the range use points from here on, epoch ms; by default from its start. */
  completeFrom?: number;
}

/**
 * Answers one question: selects and groups series, ranks groups, reads points, explains and fills gaps.
 * @throws PulseError as `History.answer`.
 */
export async function answerQuestion(question: Question, parts: AnswerParts): Promise<HistoryAnswer> {
  const { registry, readPoints, work, cursor } = parts;
  const { operands, step, start, end, ranking, fill, expression } = question;
  const { groups: matching, notes: unmatched } = await selectGroups(question, registry, work);
  const range = { operands, expression, steps: stepsOf(step), start, end };
  const groups = ranking
    ? await rankGroups({ ...range, groups: matching }, ranking, readPoints, work, parts.completeFrom)
    : matching;
  if (fill !== 'none') limitPoints(groups.length, { ...range, fill });
  const { groups: points, tier } = await readLimited({ ...range, groups }, parts);
  const noted = { ...range, groups: groups.length === 0 ? matching : groups };
  const notes = unmatched.concat(await notesOn(noted, points, readPoints, work));
  const answered = groups.map(({ labels }, i) => ({ labels, points: points[i] }));
  // Between ranking and reading a newer point may have come.
  const series = ranking?.by === 'latest' ? topGroups(answered, ranking) : answered;
  const metric = registry.knownMetric(operands[0].metric);
  return {
    metric: metric.name,
    type: metric.type,
    unit: expression ? '' : metric.unit,
    aggregate: operands[0].aggregates.join(),
    ...(typeof step === 'number' ? { step } : { step: nameOfStep(step), timezone: step.timezone }),
    ...(expression && { expression: formatExpression(expression) }),
    tier,
    start,
    end,
    cursor,
    ...(notes.length > 0 && { notes }),
    series: await fillGroups(series, question, work),
  };
}

async function selectGroups(
  { operands, by, ranking }: Question,
  registry: Pick<Registry, 'knownMetric' | 'candidates'>,
  work: Work,
): Promise<{ groups: JoinedGroup[]; notes: Note[] }> {
  const metrics = operands.map(({ metric }) => registry.knownMetric(metric));
  const limit = (count: number) => limitGroups(count, by, ranking);
  const byOperand: SeriesGroup[][] = [];
  for (const [index, { matchers }] of operands.entries()) {
    const candidates = await registry.candidates(metrics[index], matchers, work);
    byOperand.push(await groupSeries(candidates, { matchers, by, limit }, work));
  }
  return joinGroups(byOperand);
}

/** @throws PulseError when the answer would have more points than it may. */
async function readLimited(
  question: GroupedQuestion,
  { readPoints, work, maxRawPoints }: AnswerParts,
): Promise<PointsAnswer> {
  if (!isRaw(question)) {
    await work.expectPoints(limitPoints(question.groups.length * question.operands.length, question));
    return readPoints(question, work);
  }
  await work.expectPoints(await limitRawSamples(question, maxRawPoints, readPoints, work));
  const answer = await readPoints(question, work);
  limitRawPoints(answer, maxRawPoints);
  return answer;
}

/** The groups that have points, with the gaps between these filled. */
async function fillGroups(
  series: GroupPoints[],
  { fill, step }: Question,
  work: PausableWork,
): Promise<GroupPoints[]> {
  const withPoints = series.filter(({ points }) => points.length > 0);
  if (fill === 'none') return withPoints;
  const { after } = stepsOf(step);
  const filled: GroupPoints[] = [];
  for (const { labels, points } of withPoints) {
    if (work.isDue('evaluate')) await work.pause();
    filled.push({ labels, points: fillPoints(points, fill, after) });
  }
  return filled;
}
