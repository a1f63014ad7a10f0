import { SECOND } from '../model/time/duration';
import { linuxSources } from './linux/sources';
import { portableSources } from './portable';
import type { Reading, Source } from './reading';

/** A source that has not answered in this time is left out of the tick. */
const SOURCE_TIMEOUT_MS = SECOND;

export interface Collector {
  /** Reads every source that is due at `tick` (epoch ms). Never rejects: the first failure of a source is reported. */
  collect(tick: number): Promise<Reading[]>;
}

export function machineSources(): Source[] {
  return process.platform === 'linux' ? linuxSources() : portableSources();
}

export function createCollector(sources: readonly Source[], say: (message: string) => void): Collector {
  const dueAt = new Map<Source, number>();
  const reading = new Set<Source>();
  const reported = new Set<Source>();
  let arrived: Reading[] = [];

  async function read(source: Source): Promise<Reading[]> {
    reading.add(source);
    try {
      return await source.read();
    } catch (error) {
      if (!reported.has(source)) say(`Cannot read ${source.name}: ${String(error)}`);
      reported.add(source);
      return [];
    } finally {
      reading.delete(source);
    }
  }

  function take(readings: Reading[]): void {
    arrived.push(...readings);
  }

  return {
    async collect(tick) {
      const due = sources.filter((source) => tick >= (dueAt.get(source) ?? 0) && !reading.has(source));
      for (const source of due) dueAt.set(source, tick + source.everyMs);
      const awaited: Array<Promise<void>> = [];
      for (const source of due) {
        const done = read(source).then(take);
        if (!source.inBackground) awaited.push(done);
      }
      await within(SOURCE_TIMEOUT_MS, Promise.all(awaited));
      const readings = arrived;
      arrived = [];
      return readings;
    },
  };
}

/** Resolves when `work` does, or after `ms`, whichever comes first. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
