import { groupKey, groupLabels } from '../../memory/catalogue/groups';
import type { Registry } from '../../memory/catalogue/registry';
import type { Metric, Series } from '../../model/series';
import { countSteps } from '../../model/time/steps';
import { limitGroups, limitPoints, MAX_FILLED_POINTS } from '../../read/query/limits';
import { MAX_GROUPS } from '../../read/query/params';
import type { Calculation, GroupedQuestion } from '../../read/query/points';
import { type GroupWatcher, LiveGroup } from './live-group';
import type { LiveQuestion } from './live-question';
import type { QuestionRange, TimeRange } from './question-range';

/** The groups of a live query: each series that a side asks about is in one. */
export class QueryGroups {
  readonly byKey = new Map<string, LiveGroup>();
  seriesCount = 0;
  readonly question: LiveQuestion;

  constructor(
    private readonly range: QuestionRange,
    private readonly registry: Registry,
    private readonly watcher: GroupWatcher,
  ) {
    this.question = range.question;
  }

  get all(): Iterable<LiveGroup> {
    return this.byKey.values();
  }

  /** Of each side; null while one of them is unknown. */
  get metrics(): readonly Metric[] | null {
    const known = this.question.sides.flatMap(({ metric }) => this.registry.metrics.get(metric) ?? []);
    return known.length === this.question.sides.length ? known : null;
  }

  /** What is asked of groups; null while a metric is unknown. */
  get asked(): Calculation | null {
    const { sides, expression, steps } = this.question;
    const { metrics } = this;
    return metrics && { sides: sides.map((side, i) => ({ ...side, metric: metrics[i] })), expression, steps };
  }

  /** Null where there is nothing to ask: no range, or a metric that is not known yet. */
  questionOf(groups: readonly LiveGroup[], { start, end }: TimeRange): GroupedQuestion | null {
    const { asked } = this;
    return asked && start < end ? { ...asked, groups, start, end } : null;
  }

  /** Takes in a series that a side asks about. @returns its group; null when there are too many groups. */
  admit(series: Series, side: number): LiveGroup | null {
    const { by, ranking, sides } = this.question;
    const key = groupKey(series.labels, by);
    let group = this.byKey.get(key);
    if (!group) {
      if (ranking === null && this.byKey.size >= this.mostGroups()) return null;
      group = new LiveGroup(this.watcher, key, groupLabels(series.labels, by), sides.length);
      this.byKey.set(key, group);
    }
    group.sides[side].push(series);
    this.seriesCount++;
    return group;
  }

  /** @throws PulseError `too_expensive` when so many groups cannot be watched. */
  limit(groups: number): void {
    const { by, ranking, fill, steps, sides } = this.question;
    // A group that only one side has is none.
    limitGroups(Math.ceil(groups / sides.length), by, ranking);
    const kept = Math.min(groups, ranking?.count ?? groups);
    if (fill !== 'none') limitPoints(kept, { ...this.range.answered(this.range.now()), steps, fill });
  }

  private mostGroups(): number {
    const { sides, fill, steps } = this.question;
    const most = MAX_GROUPS * sides.length;
    if (fill === 'none') return most;
    const { start, end } = this.range.whole(this.range.now());
    return Math.min(most, MAX_FILLED_POINTS / countSteps(steps, start, end));
  }
}
