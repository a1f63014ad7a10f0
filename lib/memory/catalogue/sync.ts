import type { Series } from '../../model/series';
import { MINUTE } from '../../model/time/duration';
import type { SeriesCatalogue } from '../../store/store';
import type { Registry } from './registry';

/**
 * A statement that creates series may take up to half a minute, and ids are handed out before it commits: so ids
 * below the highest may still appear for as long. After a minute they cannot.
 */
const SETTLED_MS = MINUTE;

/** Learns of series that other nodes created. */
export interface CatalogueSync {
  byId(id: number): Series | undefined;
  readonly highestId: number;
  /** Reads what was created since; whoever asks while it runs waits for the next run, which sees what was there when they asked. */
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
  /** What was the highest id at which time, oldest first. */
  let marks = [{ at: now(), id: highestId }];
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

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

  function run(): Promise<void> {
    running = read().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    byId: (id) => registry.seriesById.get(id),
    get highestId() {
      return highestId;
    },
    learn() {
      if (!running) return run();
      next ??= running
        .catch(() => {
          // Whoever asked for that run has its error.
        })
        .then(() => {
          next = undefined;
          return run();
        });
      return next;
    },
    close: stop,
  };
}
