import { SECOND } from '@/lib/model/time/duration';

/** Below this the two clocks are taken to agree; network delay alone looks like as much. */
const SKEW_WORTH_CORRECTING_MS = 2 * SECOND;
const CLOCK_SAMPLES = 32;

/**
 * The server's clock seen through event ids, which are its wall-clock at sending. The fastest delivery among the
 * recent ones comes closest to the true difference.
 */
export function createServerClock(now: () => number) {
  const differences: number[] = [];
  let offset = 0;
  const settle = () => {
    const best = Math.max(...differences);
    offset = Math.abs(best) < SKEW_WORTH_CORRECTING_MS ? 0 : best;
  };
  return {
    now: () => now() + offset,
    offset: () => offset,
    note(serverMs: number) {
      differences.push(serverMs - now());
      if (differences.length > CLOCK_SAMPLES) differences.shift();
      settle();
    },
    /** A first guess from a history answer's cursor: only a server clearly ahead can be told from a slow page. */
    hint(serverMs: number) {
      if (differences.length === 0 && serverMs - now() > SKEW_WORTH_CORRECTING_MS) offset = serverMs - now();
    },
  };
}
