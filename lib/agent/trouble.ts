import { SECOND } from '../model/time/duration';

const FIRST_BACKOFF_MS = SECOND / 2;
const LONGEST_BACKOFF_MS = 30 * SECOND;

/** What a sender tells a person while a server does not take samples, and how long it waits before it tries again. */
export class Trouble {
  private failures = 0;
  private lastComplaint: string | null = null;

  /** @param spread by which share a wait may be lengthened: the senders of a fleet must not all come back at once */
  constructor(
    private readonly say: (message: string) => void,
    private readonly spread = 1 / 2,
  ) {}

  /**
   * Nothing was taken for now.
   * @param afterMs when the server wants to be tried again; null where it has not said
   * @returns how long to wait, ms
   */
  begin(reason: string, afterMs: number | null): number {
    if (this.failures === 0)
      this.say(`The server does not take samples (${reason}); keeping them and trying again.`);
    const growing = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.failures);
    this.failures++;
    return (afterMs ?? growing) * (1 + Math.random() * this.spread);
  }

  /** The server has answered for good. */
  end(ticksKept: number): void {
    if (this.failures > 0) this.say(`The server is back; sending what was kept (${ticksKept} ticks).`);
    this.failures = 0;
  }

  /** What was lost of the last body, or null. Reported when it changes, not every second. */
  lost(complaint: string | null): void {
    if (complaint && complaint !== this.lastComplaint) this.say(`Lost: ${complaint}`);
    this.lastComplaint = complaint;
  }
}
