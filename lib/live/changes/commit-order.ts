/** A commit's number in their order, and its time, epoch ms. */
export interface CommitStamp {
  seq: number;
  at: number;
}

/** Numbers everything that changes points: commits, and points that are read from the store afterwards. */
export class CommitOrder {
  private seq = 0;

  constructor(private readonly now: () => number) {}

  /** A stamp after all others. */
  next(): CommitStamp {
    return { seq: ++this.seq, at: this.now() };
  }

  /** The number of the newest change, at the time of now. */
  newest(): CommitStamp {
    return { seq: this.seq, at: this.now() };
  }
}
