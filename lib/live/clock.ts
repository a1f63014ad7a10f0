/** Time as the live side sees it, passed in so that tests can set it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Calls `run` in `ms`; with 0, as soon as what is happening now is done. Returns the off-switch. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    if (ms <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
