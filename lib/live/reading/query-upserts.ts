import { countSteps } from '../../model/time/steps';
import { isRaw } from '../../read/query/limits';
import type { ReadingWork } from '../../runtime/work/work';
import type { Filling } from './filling';
import type { LiveGroup, Upsert } from './live-group';
import type { QueryGroups } from './query-groups';
import { MAX_REPLAY_POINTS, type QueryMarks } from './query-marks';
import type { QueryPoints } from './query-points';
import type { QuestionRange } from './question-range';
import { canBeRemoved, withRemoved } from './removed-points';

export interface QueryUpsertsParts {
  range: QuestionRange;
  groups: QueryGroups;
  marks: QueryMarks;
  points: QueryPoints;
  /** What stands between the points; null where nothing does. */
  filling: Filling | null;
}

/** The changes of a query's groups. */
export class QueryUpserts {
  constructor(private readonly parts: QueryUpsertsParts) {}

  /** What of a group has changed after `since`. */
  changesOf(group: LiveGroup, since: number): Upsert {
    const { filling, points } = this.parts;
    if (filling) return filling.changesOf(group, since);
    const slots = group.marks.since(since);
    return { group, points: slots.length > 0 ? points.ofMarked(group, slots) : [] };
  }

  /** All points of some groups since `from`. */
  async readSince(
    groups: readonly LiveGroup[],
    from: number,
    work: ReadingWork,
  ): Promise<Upsert[] | 'too_much'> {
    const { range, filling, points } = this.parts;
    const { question } = range;
    const now = range.now();
    range.refresh(now);
    const whole = range.whole(now);
    const start = Math.max(whole.start, from);
    if (!this.parts.groups.metrics || start >= whole.end) return [];
    if (this.isTooMuch(groups.length, start, whole.end)) return 'too_much';
    // What is filled depends on more than what has changed.
    const needed = filling ? whole : { ...whole, start };
    const read = await points.read(groups, needed, work);
    const { end } = range.answered(now);
    return groups.map((group, i) => {
      if (filling) return { group, points: filling.whole(read[i], { ...needed, end }) };
      return {
        group,
        points: canBeRemoved(question) ? withRemoved(question, read[i], { start, end }) : read[i],
      };
    });
  }

  private isTooMuch(groups: number, start: number, end: number): boolean {
    const { question, memoryFrom } = this.parts.range;
    if (isRaw(question)) return start < memoryFrom || canBeRemoved(question);
    return groups * countSteps(question.steps, start, end) > MAX_REPLAY_POINTS;
  }
}
