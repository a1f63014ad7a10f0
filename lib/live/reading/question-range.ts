import { LIMITS } from '../../model/limits';
import type { TimeRange } from '../../model/points';
import type { Tier } from '../../model/rollup/tiers';
import { tierForStarts } from '../../model/rollup/tiers';
import { listStarts, startFrom } from '../../model/time/steps';
import type { History } from '../../read/history';
import { isRaw } from '../../read/query/limits';
import type { LiveQuestion } from './live-question';

/** The range of a live question, which moves with the clock. Times are epoch ms. */
export class QuestionRange {
  /** Whether the range goes on with the clock. */
  readonly endsNow: boolean;
  /** Whether every operand of the question has an offset: then new points come by time passing alone. */
  readonly isDelayed: boolean;
  /** Of a delayed question: points before this have been read, or are being read. */
  private dueFrom: number;
  /** As of the last `refresh`: where points are sent, and from where on memory answers. */
  start = 0;
  end = 0;
  newest = 0;
  memoryFrom = 0;

  constructor(
    readonly question: LiveQuestion,
    private readonly history: Pick<History, 'memoryFrom'>,
    readonly now: () => number,
  ) {
    const { steps, operands, endAt } = question;
    this.endsNow = endAt(0) === Number.POSITIVE_INFINITY;
    this.isDelayed = this.endsNow && operands.every(({ offset }) => offset > 0);
    this.dueFrom = startFrom(steps, now());
    this.refresh(now());
  }

  /** Brings up to date what depends on the time; a commit does so once. */
  refresh(now: number): void {
    const { steps, startAt, endAt } = this.question;
    this.start = steps.startOf(startAt(now));
    this.end = this.isDelayed ? this.dueFrom : startFrom(steps, endAt(now));
    this.newest = this.newestAt(now);
    this.memoryFrom = this.history.memoryFrom(this.question, steps);
  }

  /** As history answers it at `now`. */
  answered(now: number): TimeRange {
    const { steps, startAt, endAt } = this.question;
    return {
      start: steps.startOf(startAt(now)),
      end: startFrom(steps, this.endsNow ? now : endAt(now)),
    };
  }

  /** The same, up to the newest sample that there can be. */
  whole(now: number): TimeRange {
    const range = this.answered(now);
    if (this.isDelayed) return range;
    const newest = this.newestAt(now);
    return { ...range, end: this.endsNow ? newest : Math.min(range.end, newest) };
  }

  /** Where each point after `t` begins; of a raw question none: its points are too many to list. */
  startsAfter(t: number): number[] {
    const { steps } = this.question;
    if (isRaw(this.question)) return [];
    const { start, end } = this.whole(this.now());
    return listStarts(steps, t < start ? start : steps.after(t), end);
  }

  /** When the oldest point became due that has not been read; Infinity where points are not delayed. */
  get dueSince(): number {
    return this.isDelayed ? this.dueFrom : Number.POSITIVE_INFINITY;
  }

  /** The points that have become due since the last call; null when none has. */
  takeDue(now: number): TimeRange | null {
    const { end } = this.answered(now);
    if (!this.isDelayed || end <= this.dueFrom) return null;
    const due = { start: this.dueFrom, end };
    this.dueFrom = end;
    return due;
  }

  /** Where the newest points are read. */
  tier(now: number): Tier {
    const { steps, operands } = this.question;
    const newest = steps.startOf(now);
    if (this.history.memoryFrom(this.question, steps) <= newest) return 'ring';
    const edges = operands.flatMap(({ offset }) => [
      steps.back(newest, offset),
      steps.back(steps.after(newest), offset),
    ]);
    return tierForStarts(edges);
  }

  /** The end of the newest point that there can be. */
  private newestAt(now: number): number {
    const { steps, operands } = this.question;
    const ahead = this.endsNow ? 0 : Math.max(...operands.map(({ offset }) => offset));
    return steps.after(steps.startOf(now + LIMITS.maxClockAheadMs + ahead));
  }
}
