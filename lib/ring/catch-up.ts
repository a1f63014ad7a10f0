import type { Registry, Series } from '../catalogue/registry';
import type { Store } from '../store/store';
import type { CommittedSamples, Ring } from './ring';

/** How many series are asked for in one statement. */
const SERIES_PER_READ = 5_000;

export interface CatchUpOptions {
  store: Pick<Store, 'readSamples'>;
  registry: Registry;
  ring: Ring;
  /** Receives what the database had and the ring had not. */
  onFound(samples: CommittedSamples): void;
}

/**
 * Brings the ring what the database holds but this process did not see committed: written by another server, or by
 * a commit whose answer was lost. Noted per series with the earliest timestamp in doubt, so it takes bounded memory.
 */
export class CatchUp {
  private doubts = new Map<Series, number>();

  constructor(private readonly options: CatchUpOptions) {}

  get pending(): number {
    return this.doubts.size;
  }

  /** Notes those of the samples that the ring should hold if the database does, and does not; returns how many. */
  note({ series, timestamps }: CommittedSamples): number {
    const { ring } = this.options;
    let noted = 0;
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      if (!ring.keeps(timestamp) || ring.has(series[i].id, timestamp)) continue;
      this.doubts.set(series[i], Math.min(timestamp, this.doubts.get(series[i]) ?? timestamp));
      noted++;
    }
    return noted;
  }

  /** Reads what is in doubt. On failure the doubts stay for the next time. */
  async run(): Promise<void> {
    if (this.doubts.size === 0) return;
    const doubts = this.doubts;
    this.doubts = new Map();
    try {
      const series = [...doubts.keys()];
      for (let i = 0; i < series.length; i += SERIES_PER_READ) {
        await this.read(series.slice(i, i + SERIES_PER_READ), doubts);
      }
    } catch (error) {
      for (const [series, from] of doubts) {
        this.doubts.set(series, Math.min(from, this.doubts.get(series) ?? from));
      }
      throw error;
    }
  }

  private async read(series: Series[], doubts: Map<Series, number>): Promise<void> {
    const { store, registry, ring, onFound } = this.options;
    const start = series.reduce(
      (earliest, each) => Math.min(earliest, doubts.get(each)!),
      Number.POSITIVE_INFINITY,
    );
    const seriesIds = series.map(({ id }) => id);
    for await (const page of store.readSamples({ start, end: Number.MAX_SAFE_INTEGER, seriesIds })) {
      const found: CommittedSamples = { series: [], timestamps: [], values: [] };
      for (let i = 0; i < page.seriesIds.length; i++) {
        if (ring.has(page.seriesIds[i], page.timestamps[i])) continue;
        found.series.push(registry.seriesById.get(page.seriesIds[i])!);
        found.timestamps.push(page.timestamps[i]);
        found.values.push(page.values[i]);
      }
      if (found.series.length > 0) onFound(found);
    }
  }
}
