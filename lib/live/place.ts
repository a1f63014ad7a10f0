import { isPulseError } from '../model/errors';
import { startFrom } from '../model/time/steps';
import { log } from '../observe/log';
import type { Work } from '../runtime/work/work';
import type { Hub } from './hub';
import type { LiveQuery, QueryReader } from './live-query';
import type { LiveQuestion } from './live-question';

/** What a query has to tell, as the JSON of `series` lists. */
export interface Taken {
  missed: string | null;
  changes: string | null;
}

/** One query of a stream, and how far its reader is. */
export class Place implements QueryReader {
  since = 0;
  query!: LiveQuery;
  /** What the reader missed, while it is being read or waits to be told; what is live waits for it. */
  private missed: 'none' | 'reading' | { text: string } = 'none';

  private constructor(
    private readonly hub: Hub,
    readonly notify: () => void,
    readonly reset: (reason: string) => void,
  ) {}

  /** @throws what `Hub.watch` throws. */
  static async open(
    hub: Hub,
    question: LiveQuestion,
    { notify, reset }: Pick<QueryReader, 'notify' | 'reset'>,
    work: Work,
  ): Promise<Place> {
    const place = new Place(hub, notify, reset);
    place.query = await hub.watch(question, place, work);
    return place;
  }

  leave(): void {
    this.hub.unwatch(this.query, this);
  }

  /**
   * Reads what a reader may not have who has everything that arrived before `cursor`: what arrived later, or up to
   * `slackMs` before, and samples that were ahead of the clock, and so beyond the end of the answer it began with.
   *
   * @returns why that cannot be told and the reader must read history again; null when it can.
   */
  async catchUp(cursor: number, slackMs: number, work: Work): Promise<string | null> {
    const { steps } = this.query.question;
    const changed = this.query.changedSince(this.hub.arrivals, cursor - slackMs);
    const from = Math.min(changed, startFrom(steps, cursor));
    this.missed = 'reading';
    try {
      const text = await this.query.replay(from, work);
      this.missed = text === null || text === 'too_much' ? 'none' : { text };
      return text === 'too_much' ? 'too_much_missed' : null;
    } catch (error) {
      log().warn({ err: error }, 'a stream could not be told what it missed');
      this.missed = 'none';
      return isPulseError(error) ? error.code : 'internal';
    }
  }

  /** What to tell now. */
  take(now: number): Taken {
    if (this.missed === 'reading') return { missed: null, changes: null };
    const missed = this.missed === 'none' ? null : this.missed.text;
    this.missed = 'none';
    return { missed, changes: this.query.tell(this, now) };
  }

  /** When the oldest arrived of what has not been taken, epoch ms; Infinity when all has, -Infinity when that is not known. */
  get waitingSince(): number {
    if (this.missed !== 'none' || this.query.seq > this.since) return Number.NEGATIVE_INFINITY;
    return this.query.pendingSince;
  }
}
