import { SECOND } from '../model/time/duration';
import { outsideRequests } from '../observe/request-id';

/** Freed memory of this size is worth a collection soon. */
const MUCH_BYTES = 32 * 2 ** 20;
/** V8 begins to mark, some milliseconds at a time, when buffers outside of its heap have grown by this. */
const NUDGE_BYTES = 64 * 2 ** 20;
const NUDGE_EVERY_MS = SECOND;
/** Marking and sweeping a heap of a gigabyte takes about so many of them. */
const NUDGES = 15;

/**
 * Makes V8 collect freed memory. V8 collects when memory is allocated, so a server that is quiet after an attack would
 * hold that memory for hours; and a forced collection stops everything for tenths of a second. A buffer that is never
 * written to takes no memory, but V8 counts it, and so collects step by step.
 */
export class Reclaim {
  private bytes = 0;
  private nudges = 0;
  private timer: NodeJS.Timeout | undefined;

  /** Notes that much memory was freed. */
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
