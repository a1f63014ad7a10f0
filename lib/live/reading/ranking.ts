import { MINUTE } from '../../model/time/duration';
import type { ReadingWork } from '../../runtime/work/work';
import type { LiveGroup, Upsert } from './live-group';
import type { QueryGroups } from './query-groups';
import type { QueryMarks } from './query-marks';
import type { QueryPoints } from './query-points';
import type { QueryUpserts } from './query-upserts';
import type { QuestionRange } from './question-range';

/** Which groups of a live query are kept, and what has to be sent for readers to keep the same. */
export interface LiveRanking {
  /** The groups that are kept, after everything that has been marked, as far as that can be known at once. */
  kept(now: number): Iterable<LiveGroup>;
  /** Called about once a second: what changes by time passing. */
  beat(now: number): void;
  /**
   * Reads what it needs from the store: at first what there was before anything was marked.
   * @param readPending reads what is marked.
   */
  work(readPending: () => Promise<void>): Promise<void>;
  /** What has changed after `since`. */
  changes(since: number): Upsert[];
  /** What a reader may lack that had everything before samples since `from` arrived. */
  replay(from: number, work: ReadingWork): Promise<Upsert[] | 'too_much'>;
}

/** The parts of a live query that a ranking works with. */
export interface RankedQuery {
  readonly range: QuestionRange;
  readonly groups: QueryGroups;
  readonly marks: QueryMarks;
  readonly points: QueryPoints;
  readonly upserts: QueryUpserts;
}

/** A group that is kept no longer is still sent for so long: until every reader has the one that replaced it. */
export const DEPARTURE_MS = 2 * MINUTE;

/** The first load of a ranking, in the background: replays wait for it. */
export class FirstLoad {
  isDone = false;
  private resolve!: () => void;
  readonly done = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });

  finish(): void {
    this.isDone = true;
    this.resolve();
  }
}
