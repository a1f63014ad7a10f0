import type { Series } from '../../model/series';
import { MINUTE } from '../../model/time/duration';
import { createSingleFlight } from '../../runtime/single-flight';
import type { SeriesCatalogue } from '../../store/store';
import type { Registry } from './registry';

/**
 * A statement that creates series may take up to half a minute, and ids are handed out before it commits: so ids
 * below the highest may still appear for as long. After a minute they cannot.
 */
const SETTLED_MS = MINUTE;

/** Keeps the registry up to date with series that other nodes create. */
export interface CatalogueSync {
  byId(id: number): Series | undefined;
  readonly highestId: number;
  /**
   * Reads the series that were created since. A call during a run waits for the next run, which sees all that exists at
   * the call.
   */
  learn(): Promise<void>;
  close(): void;
}

export interface CatalogueSyncOptions {
  catalogue: Pick<SeriesCatalogue, 'load'>;
  registry: Registry;
  now?: () => number;
}

export function createCatalogueSync({
  catalogue,
  registry,
  now = Date.now,
}: CatalogueSyncOptions): CatalogueSync {
  let highestId = 0;
  for (const id of registry.seriesById.keys()) highestId = Math.max(highestId, id);
  const stop = registry.onSeries(({ id }) => {
    highestId = Math.max(highestId, id);
  });
  /** The highest id at earlier times, oldest first. */
  let marks = [{ at: now(), id: highestId }];
  const singleFlight = createSingleFlight<void>();

  /** The highest id below which nothing can appear any more. */
  function settledId(): number {
    const settled = marks.filter(({ at }) => at <= now() - SETTLED_MS).at(-1);
    if (settled) marks = marks.filter(({ at }) => at >= settled.at);
    return settled?.id ?? 0;
  }

  async function read(): Promise<void> {
    const after = settledId();
    marks.push({ at: now(), id: highestId });
    for await (const page of catalogue.load(after)) for (const stored of page) registry.add(stored);
  }

  return {
    byId: (id) => registry.seriesById.get(id),
    get highestId() {
      return highestId;
    },
    learn: () => singleFlight('learn', read),
    close: stop,
  };
}
