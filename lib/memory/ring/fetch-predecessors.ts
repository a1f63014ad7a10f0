import { isPulseError } from '../../model/errors';
import type { Metric } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Ring } from './ring';

/** How many series are asked for in one statement. */
const SERIES_PER_READ = 5_000;
/** Pause after a failure. Meanwhile the database computes the points themselves. */
const PAUSE_MS = SECOND;

/** Reads the predecessors that the ring lacks, of the metrics that somebody asks about. */
export interface PredecessorFetch {
  /** Starts to read the missing predecessors of a metric; does not wait. */
  request(metric: Metric): void;
}

export function createPredecessorFetch(
  ring: Pick<Ring, 'missingPredecessors' | 'addPredecessors'>,
  stored: Pick<SampleStore, 'readLast'>,
): PredecessorFetch {
  const requested = new Set<Metric>();
  let isWorking = false;
  let pausedUntil = 0;

  async function work(): Promise<void> {
    isWorking = true;
    // Requests of this turn of the event loop share the first statement.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      for (const metric of requested) {
        await fetch(metric);
        requested.delete(metric);
      }
    } catch (error) {
      requested.clear();
      pausedUntil = performance.now() + PAUSE_MS;
      const isAway = isPulseError(error) && error.code === 'database_unavailable';
      if (!isAway) log().error({ err: error }, 'samples from before the ring not read; trying again');
    }
    isWorking = false;
  }

  async function fetch({ id: metricId }: Metric): Promise<void> {
    for (;;) {
      const missing = ring.missingPredecessors(metricId, SERIES_PER_READ);
      if (!missing) return;
      const { seriesIds, before } = missing;
      ring.addPredecessors(missing, await stored.readLast({ metricId, seriesIds, before }));
    }
  }

  return {
    request(metric) {
      if (performance.now() < pausedUntil || !ring.missingPredecessors(metric.id, 1)) return;
      requested.add(metric);
      if (!isWorking) void work();
    },
  };
}
