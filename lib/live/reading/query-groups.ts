import { groupKey, groupLabels } from '../../memory/catalogue/groups';
import type { Registry } from '../../memory/catalogue/registry';
import type { TimeRange } from '../../model/points';
import type { Metric, Series } from '../../model/series';
import { countSteps } from '../../model/time/steps';
import type { GroupedQuestion } from '../../read/query/grouped-question';
import { limitGroups, limitPoints, MAX_FILLED_POINTS } from '../../read/query/limits';
import { MAX_GROUPS } from '../../read/query/query-params';
import { type GroupWatcher, LiveGroup } from './live-group';
import type { LiveQuestion } from './live-question';
import type { QuestionRange } from './question-range';

/** The groups of a live query: each series that an operand asks about is in one. */
export class QueryGroups {
  readonly byKey = new Map<string, LiveGroup>();
  seriesCount = 0;
  readonly question: LiveQuestion;

  constructor(
    private readonly range: QuestionRange,
    private readonly registry: Pick<Registry, 'metrics'>,
    private readonly watcher: GroupWatcher,
  ) {
    this.question = range.question;
  }

  get all(): Iterable<LiveGroup> {
    return this.byKey.values();
  }

  /** Of each operand; null while one of them is unknown. */
  get metrics(): readonly Metric[] | null {
    const known = this.question.operands.flatMap(({ metric }) => this.registry.metrics.get(metric) ?? []);
    return known.length === this.question.operands.length ? known : null;
  }

  /** Null where there is nothing to ask: no range, or a metric that is not known yet. */
  questionOf(groups: readonly LiveGroup[], { start, end }: TimeRange): GroupedQuestion | null {
    if (!this.metrics || start >= end) return null;
    const { operands, expression, steps } = this.question;
    return { operands, expression, steps, groups, start, end };
  }

  /** Takes in a series that an operand asks about. @returns its group; null when there are too many groups. */
  admit(series: Series, operandIndex: number): LiveGroup | null {
    const { by, ranking, operands } = this.question;
    const key = groupKey(series.labels, by);
    let group = this.byKey.get(key);
    if (!group) {
      if (ranking === null && this.byKey.size >= this.mostGroups()) return null;
      group = new LiveGroup(this.watcher, key, groupLabels(series.labels, by), operands.length);
      this.byKey.set(key, group);
    }
    group.seriesByOperand[operandIndex].push(series);
    this.seriesCount++;
    return group;
  }

  /** @throws PulseError `too_expensive` when so many groups cannot be watched. */
  limit(groups: number): void {
    const { by, ranking, fill, steps, operands } = this.question;
    // A group that only one operand has is left out.
    limitGroups(Math.ceil(groups / operands.length), by, ranking);
    const kept = Math.min(groups, ranking?.count ?? groups);
    if (fill !== 'none') limitPoints(kept, { ...this.range.answered(this.range.now()), steps, fill });
  }

  private mostGroups(): number {
    const { operands, fill, steps } = this.question;
    const most = MAX_GROUPS * operands.length;
    if (fill === 'none') return most;
    const { start, end } = this.range.whole(this.range.now());
    return Math.min(most, MAX_FILLED_POINTS / countSteps(steps, start, end));
  }
}
