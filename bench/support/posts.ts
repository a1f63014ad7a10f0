import { fileURLToPath } from 'node:url';
import { openFleet } from '../load/fleet';
import { FORMATS } from '../load/formats';
import { SCENARIOS } from '../load/scenarios';

/** A fleet that posts 10 samples from each server while something else is measured. */
export interface Posts {
  /** Every server posts once: makes all series. */
  introduce(): Promise<void>;
  /** Every server posts every `everyMs`. */
  run(everyMs: number, durationMs: number): Promise<{ posts: number; errors: number; p99Ms: number }>;
  close(): Promise<void>;
}

export const WORKER_PROGRAM = fileURLToPath(new URL('./bench-load-worker.js', import.meta.url));

export async function openPosts(port: number, servers: number): Promise<Posts> {
  const scenario = SCENARIOS['http1-post'];
  const { contentType } = FORMATS[scenario.format];
  const targets = [{ port, path: scenario.path, contentType }];
  const fleet = await openFleet(WORKER_PROGRAM, scenario, { servers, targets, processes: 1 });
  return {
    async introduce() {
      await fleet.run({ pace: 'once', atATime: 64 });
    },
    async run(everyMs, durationMs) {
      const startAt = Date.now();
      const times = { startAt, countFrom: startAt, endAt: startAt + durationMs };
      const { answered, errors, latencies } = await fleet.run({ pace: 'steady', everyMs, ...times });
      return {
        posts: answered,
        errors: Object.values(errors).reduce((sum, count) => sum + count, 0),
        p99Ms: latencies.getValueAtPercentile(99) / 1_000,
      };
    },
    close: () => fleet.close(),
  };
}
