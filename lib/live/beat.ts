import { SECOND } from '../model/time/duration';
import type { Clock } from './clock';

const BEAT_MS = SECOND;

/** Calls its listeners about once a second, and has no timer while there are none. */
export class Beat {
  private readonly listeners = new Set<(now: number) => void>();
  private cancel: () => void = () => {};

  constructor(private readonly clock: Clock) {}

  /** @param listener is given the time, epoch ms. @returns the off-switch. */
  listen(listener: (now: number) => void): () => void {
    // Of its own, so that one function may be given twice.
    const mine = (now: number) => listener(now);
    this.listeners.add(mine);
    if (this.listeners.size === 1) this.wait();
    return () => {
      this.listeners.delete(mine);
      if (this.listeners.size === 0) this.cancel();
    };
  }

  close(): void {
    this.listeners.clear();
    this.cancel();
  }

  private wait(): void {
    this.cancel();
    this.cancel = this.clock.after(BEAT_MS, () => this.run());
  }

  private run(): void {
    const now = this.clock.now();
    // A listener that is added during a beat is called from the next one on.
    for (const listener of [...this.listeners]) listener(now);
    if (this.listeners.size > 0) this.wait();
  }
}
