import type { SampleRows } from '../../model/samples';
import { hasKey, type SampleKeys } from './keys';

/** Appends of this server that are under way, each with what it stores. */
export class InFlight {
  private readonly appends = new Map<Promise<unknown>, SampleKeys>();

  /** Those that have one of these rows, too. */
  having({ seriesIds, timestamps }: SampleRows, positions: readonly number[]): Promise<unknown>[] {
    if (positions.length === 0) return [];
    return [...this.appends]
      .filter(([, keys]) => positions.some((i) => hasKey(keys, seriesIds[i], timestamps[i])))
      .map(([append]) => append);
  }

  /** Counts an append as under way until it has settled. @param keys of its rows */
  note<T>(keys: SampleKeys, append: Promise<T>): Promise<T> {
    const done = () => void this.appends.delete(append);
    this.appends.set(append, keys);
    append.then(done, done);
    return append;
  }
}
