/** When messages of one process fall due. */
export interface Clock {
  /** Resolves after the last message has fallen due. */
  readonly ended: Promise<void>;
}

const LOOK_EVERY_MS = 1;

/**
 * Every sender has a clock of its own: its messages fall due every `everyMs` from a moment of its own, whether or not the
 * server keeps up. All senders have the same interval, so their order never changes, and one look a millisecond at who
 * is next replaces a timer for each.
 *
 * @param startAt, endAt in `performance.now()` time
 */
export function startClock<T extends { due(dueAt: number): void }>(
  senders: readonly T[],
  { everyMs, startAt, endAt }: { everyMs: number; startAt: number; endAt: number },
): Clock {
  const order = senders
    .map((sender) => ({ sender, phaseMs: Math.random() * everyMs }))
    .toSorted((a, b) => a.phaseMs - b.phaseMs);
  let turn = 0;
  let place = 0;
  const nextDueAt = () => startAt + turn * everyMs + order[place].phaseMs;
  const ended = new Promise<void>((resolve) => {
    const look = () => {
      const now = performance.now();
      for (let dueAt = nextDueAt(); dueAt <= now; dueAt = nextDueAt()) {
        if (dueAt >= endAt) return resolve();
        order[place].sender.due(dueAt);
        place = (place + 1) % order.length;
        if (place === 0) turn++;
      }
      setTimeout(look, LOOK_EVERY_MS);
    };
    look();
  });
  return { ended };
}
