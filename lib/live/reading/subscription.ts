import { isPulseError } from '../../model/errors';
import type { Tier } from '../../model/rollup/tiers';
import { startFrom } from '../../model/time/steps';
import { log } from '../../observe/log';
import type { ReadingWork } from '../../runtime/work/work';
import type { ArrivalLog } from '../changes/arrival-log';
import type { Round } from '../pacer';
import type { Upserts } from './live-group';
import type { LiveQuery } from './live-query';
import type { QueryReader } from './readers';

/** What a subscription yields; null for nothing. */
export interface Taken {
  /** What happened before it began. */
  missed: Upserts | null;
  changes: Upserts | null;
}

/** Is notified that there may be something to take, or that history has to be read again. */
export type Subscriber = Pick<QueryReader, 'notify' | 'reset'>;

export interface SubscriptionParts {
  arrivals: ArrivalLog;
  /** How far a cursor may be off, ms: another node may have made it, by its own clock. */
  cursorSlackMs: number;
  leave(reader: QueryReader): void;
}

/** One question of one reader, and how far the reader has taken its changes: yields values, for any kind of reader. */
export class Subscription implements QueryReader {
  since = 0;
  query!: LiveQuery;
  readonly notify: () => void;
  readonly reset: (reason: string) => void;
  /** What the reader missed, while it is read or waits to be taken; live changes wait for it. */
  private missed: 'none' | 'reading' | { upserts: Upserts } = 'none';

  constructor(
    { notify, reset }: Subscriber,
    private readonly parts: SubscriptionParts,
  ) {
    this.notify = notify;
    this.reset = reset;
  }

  /** Takes what has changed since the last call, as the readers of a round take it. */
  take(round: Round): Taken {
    if (this.missed === 'reading') return { missed: null, changes: null };
    const missed = this.missed === 'none' ? null : this.missed.upserts;
    this.missed = 'none';
    return { missed, changes: this.query.take(this, round) };
  }

  /**
   * Reads what a reader may lack that has everything that arrived before `cursor`: what arrived later, or up to
   * `slackMs` before, and samples that were ahead of the clock, and so beyond the end of the answer it began with.
   *
   * @returns why that cannot be replayed and the reader must read history again; null when it can.
   */
  async catchUp(cursor: number, slackMs: number, work: ReadingWork): Promise<string | null> {
    const { arrivals, cursorSlackMs } = this.parts;
    const changed = this.query.changedSince(arrivals, cursor - slackMs - cursorSlackMs);
    const from = Math.min(changed, startFrom(this.query.question.steps, cursor));
    this.missed = 'reading';
    try {
      const upserts = await this.query.replay(from, work);
      this.missed = upserts === null || upserts === 'too_much' ? 'none' : { upserts };
      return upserts === 'too_much' ? 'too_much_missed' : null;
    } catch (error) {
      log().warn({ err: error }, 'what a reader missed could not be read');
      this.missed = 'none';
      return isPulseError(error) ? error.code : 'internal';
    }
  }

  /** When the oldest change arrived that is not taken, epoch ms; Infinity when all are, -Infinity when not known. */
  get waitingSince(): number {
    if (this.missed !== 'none') return Number.NEGATIVE_INFINITY;
    return this.query.waitingSince(this);
  }

  /** Whether there is something to take, in the next round. */
  get hasMore(): boolean {
    return this.missed !== 'reading' && this.query.hasMore(this);
  }

  /** Where the newest points are read. */
  tier(now: number): Tier {
    return this.query.range.tier(now);
  }

  close(): void {
    this.parts.leave(this);
  }
}
