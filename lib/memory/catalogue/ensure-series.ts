import type { Metric, Series, SeriesIdentity } from '../../model/series';
import { MINUTE } from '../../model/time/duration';
import type { SeriesCatalogue } from '../../store/store';
import type { Registry } from './registry';

/** Two senders that disagree about a metric's type must not cause a round trip for every write. */
const DECLARED_AGAIN_AFTER_MS = MINUTE;
/** How many identities go to the database in one statement. */
const PER_ROUND_TRIP = 5_000;

interface PendingSeries {
  identity: SeriesIdentity;
  promise: Promise<Series>;
  resolve(series: Series): void;
  reject(error: unknown): void;
}

/**
 * Gets ids for series that this process does not know yet. Calls for the same series share one request, and all
 * requests of one turn of the event loop share a round trip: ten thousand servers that start at once cost two.
 */
export class SeriesEnsurer {
  private readonly pendingByKey = new Map<string, PendingSeries>();
  private queue: PendingSeries[] = [];
  private working = false;
  private readonly declaredAt = new WeakMap<Metric, number>();

  constructor(
    private readonly catalogue: Pick<SeriesCatalogue, 'ensure'>,
    private readonly registry: Pick<Registry, 'add'>,
  ) {}

  /** How many series the database has been asked for and has not answered. */
  get pending(): number {
    return this.pendingByKey.size;
  }

  isPending(key: string): boolean {
    return this.pendingByKey.has(key);
  }

  /** Finds or creates one series. Rejects with `database_unavailable`. */
  ensure(key: string, identity: SeriesIdentity): Promise<Series> {
    const known = this.pendingByKey.get(key);
    if (known) return known.promise;
    const { promise, resolve, reject } = deferred<Series>();
    const pending: PendingSeries = { identity, promise, resolve, reject };
    this.pendingByKey.set(key, pending);
    this.queue.push(pending);
    promise.catch(() => {}).then(() => this.pendingByKey.delete(key));
    if (!this.working) void this.work();
    return promise;
  }

  /** Whether a sender declares another type or unit than the catalogue has; true at most once a minute for a metric. */
  changesMetric(metric: Metric, { type, unit }: Pick<SeriesIdentity, 'type' | 'unit'>): boolean {
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
    // Requests of this turn of the event loop share the first round trip.
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
