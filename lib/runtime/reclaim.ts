import { SECOND } from '../model/time/duration';
import { outsideRequests } from '../observe/request-id';

/** So much let go of at a time is worth being collected soon. */
const MUCH_BYTES = 32 * 2 ** 20;
/** V8 begins to mark, some milliseconds at a time, when buffers outside of its heap have grown by this. */
const NUDGE_BYTES = 64 * 2 ** 20;
const NUDGE_EVERY_MS = SECOND;
/** Marking and sweeping a heap of a gigabyte takes about so many of them. */
const NUDGES = 15;

/**
 * Has V8 collect what was let go of. V8 collects when memory is asked for, so a server that has become quiet would hold
 * for hours what an hour of attack left; and a collection that one asks for outright stops everything for tenths of a
 * second. A buffer that nobody writes to takes no memory, but counts: that makes V8 collect step by step.
 */
export class Reclaim {
  private bytes = 0;
  private nudges = 0;
  private timer: NodeJS.Timeout | undefined;

  /** Notes that much memory was let go of. */
  noteLetGo(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < MUCH_BYTES) return;
    this.bytes = 0;
    this.nudges = NUDGES;
    this.timer ??= outsideRequests(() => setInterval(() => this.nudge(), NUDGE_EVERY_MS).unref());
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private nudge(): void {
    new ArrayBuffer(NUDGE_BYTES);
    if (--this.nudges <= 0) this.close();
  }
}
