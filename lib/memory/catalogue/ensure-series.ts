import type { Metric, Series, SeriesIdentity } from '../../model/series';
import { MINUTE } from '../../model/time/duration';
import type { SeriesCatalogue } from '../../store/store';
import type { Registry } from './registry';

/** Two senders that disagree about a metric's type must not make a round trip of every write. */
const DECLARED_AGAIN_AFTER_MS = MINUTE;
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
  private readonly declaredAt = new WeakMap<Metric, number>();

  constructor(
    private readonly catalogue: Pick<SeriesCatalogue, 'ensure'>,
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

  /** Whether a sender says something of a metric that the catalogue does not; said again a minute later at the earliest. */
  isNews(metric: Metric, { type, unit }: Pick<SeriesIdentity, 'type' | 'unit'>): boolean {
    const differs =
      (type !== undefined && type !== metric.type) || (unit !== undefined && unit !== metric.unit);
    if (!differs) return false;
    const now = Date.now();
    if (now - (this.declaredAt.get(metric) ?? 0) < DECLARED_AGAIN_AFTER_MS) return false;
    this.declaredAt.set(metric, now);
    return true;
  }

  private async work(): Promise<void> {
    this.working = true;
    // Lets everything this turn of the loop still asks for join the first round trip.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, PER_ROUND_TRIP);
      try {
        const stored = await this.catalogue.ensure(batch.map(({ identity }) => identity));
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
