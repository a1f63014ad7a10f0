import type { Store } from '../store/store';
import type { Registry, Series, SeriesIdentity } from './registry';

/** How many identities go to the database in one statement. */
const PER_ROUND_TRIP = 5_000;

interface Asked {
  identity: SeriesIdentity;
  promise: Promise<Series>;
  resolve(series: Series): void;
  reject(error: unknown): void;
}

/**
 * Gets ids for series this process does not know yet. Whoever asks for the same series at the same time shares one
 * question, and all questions of a moment share one round trip: ten thousand servers starting at once cost two.
 */
export class SeriesEnsurer {
  private readonly asked = new Map<string, Asked>();
  private queue: Asked[] = [];
  private working = false;

  constructor(
    private readonly store: Pick<Store, 'ensureSeries'>,
    private readonly registry: Registry,
  ) {}

  /** Series asked for and not answered yet. */
  get pending(): number {
    return this.asked.size;
  }

  isPending(key: string): boolean {
    return this.asked.has(key);
  }

  /** Finds or creates one series. Rejects with `database_unavailable`. */
  ensure(key: string, identity: SeriesIdentity): Promise<Series> {
    const known = this.asked.get(key);
    if (known) return known.promise;
    const { promise, resolve, reject } = deferred<Series>();
    const asked: Asked = { identity, promise, resolve, reject };
    this.asked.set(key, asked);
    this.queue.push(asked);
    promise.catch(() => {}).then(() => this.asked.delete(key));
    if (!this.working) void this.work();
    return promise;
  }

  private async work(): Promise<void> {
    this.working = true;
    // Lets everything this turn of the loop still asks for join the first round trip.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, PER_ROUND_TRIP);
      try {
        const stored = await this.store.ensureSeries(batch.map(({ identity }) => identity));
        for (const [i, { resolve }] of batch.entries()) resolve(this.registry.add(stored[i]));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.working = false;
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
