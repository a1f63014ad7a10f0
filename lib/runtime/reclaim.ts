import { once } from '../env/once';
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
 * Notes that much memory was let go of. V8 collects when memory is asked for, so a server that has become quiet would
 * hold for hours what an hour of attack left; and a collection that one asks for outright stops everything for tenths
 * of a second. A buffer that nobody writes to takes no memory, but counts: that makes V8 collect step by step.
 */
export function noteLetGo(bytes: number): void {
  const state = reclaiming();
  state.bytes += bytes;
  if (state.bytes < MUCH_BYTES) return;
  state.bytes = 0;
  state.nudges = NUDGES;
  state.timer ??= outsideRequests(() => setInterval(nudge, NUDGE_EVERY_MS).unref());
}

function nudge(): void {
  const state = reclaiming();
  new ArrayBuffer(NUDGE_BYTES);
  if (--state.nudges > 0) return;
  clearInterval(state.timer);
  state.timer = undefined;
}

interface Reclaiming {
  bytes: number;
  nudges: number;
  timer: NodeJS.Timeout | undefined;
}

function reclaiming(): Reclaiming {
  return once('runtime.reclaim', () => ({ bytes: 0, nudges: 0, timer: undefined }));
}
