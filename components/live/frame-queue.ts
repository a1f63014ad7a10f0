/** How much of a frame's 16 ms chart updates may take; the rest is for clicks and scrolling. */
const BUDGET_MS = 8;

const queue = new Set<() => void>();
let scheduled = false;

/**
 * Runs `job` in one of the next frames. One write of the stream changes every panel of a page at the same
 * instant; spread over a few frames, thirty charts move without a frame being dropped. A job that is already
 * waiting is not queued twice.
 */
export function queueFrame(job: () => void): void {
  queue.add(job);
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(work);
}

export function unqueueFrame(job: () => void): void {
  queue.delete(job);
}

function work(): void {
  scheduled = false;
  const until = performance.now() + BUDGET_MS;
  for (const job of queue) {
    queue.delete(job);
    job();
    if (performance.now() > until) break;
  }
  if (queue.size === 0) return;
  scheduled = true;
  requestAnimationFrame(work);
}
