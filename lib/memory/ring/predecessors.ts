import { isPulseError } from '../../model/errors';
import type { Metric } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Ring } from './ring';

/** How many series are asked for in one statement. */
const SERIES_PER_READ = 5_000;
/** After a failure nothing is asked for so long: until then the database is asked for the points themselves. */
const REST_MS = SECOND;

/** Fetches the samples from before the ring that counters in it go on from, of metrics that somebody asks about. */
export interface Predecessors {
  /** Has the ring know as much of this metric as it can; returns at once. */
  want(metric: Metric): void;
}

export function createPredecessors(ring: Ring, stored: Pick<SampleStore, 'readLast'>): Predecessors {
  const wanted = new Set<Metric>();
  let isWorking = false;
  let restUntil = 0;

  async function work(): Promise<void> {
    isWorking = true;
    // Lets everything that this turn of the loop brings join the first question.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      for (const metric of wanted) {
        await fetch(metric);
        wanted.delete(metric);
      }
    } catch (error) {
      wanted.clear();
      restUntil = performance.now() + REST_MS;
      const isAway = isPulseError(error) && error.code === 'database_unavailable';
      if (!isAway) log().error({ err: error }, 'samples from before the ring not read; trying again');
    }
    isWorking = false;
  }

  async function fetch({ id: metricId }: Metric): Promise<void> {
    for (;;) {
      const lacking = ring.lackingSamples(metricId, SERIES_PER_READ);
      if (!lacking) return;
      const { seriesIds, before } = lacking;
      ring.settle(lacking, await stored.readLast({ metricId, seriesIds, before }));
    }
  }

  return {
    want(metric) {
      if (performance.now() < restUntil || !ring.lackingSamples(metric.id, 1)) return;
      wanted.add(metric);
      if (!isWorking) void work();
    },
  };
}
