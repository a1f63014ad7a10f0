import { isPulseError, PulseError } from '../model/errors';
import { type Breaker, createBreaker } from '../runtime/breaker';
import type { Lane, Run } from './lane';
import type { Store } from './store';

/**
 * A store, and the records beside it, behind two circuit breakers, one for writing and one for reading: with a replica for reads, either may be
 * away without the other. `stop` ends their probing; the store itself is left to whoever opened it.
 */
export function guardStore(store: Store, records: Lane): { store: Store; records: Run; stop(): void } {
  const write = databaseBreaker('database_write', () => store.ping('write'));
  const read = databaseBreaker('database_read', () => store.ping('read'));
  const guarded: Store = {
    engine: store.engine,
    // Never of a replica, which may not know yet.
    loadSeries: (after) => eachPage(write, () => store.loadSeries(after)),
    ensureSeries: (identities) => write.run(() => store.ensureSeries(identities)),
    touchSeries: (seen) => write.run(() => store.touchSeries(seen)),
    append: (rows) => write.run(() => store.append(rows)),
    readPoints: (question, options) => read.run(() => store.readPoints(question, options)),
    readClosed: (metricId, options) => read.run(() => store.readClosed(metricId, options)),
    readLast: (question) => write.run(() => store.readLast(question)),
    readSamples: (range) => eachPage(write, () => store.readSamples(range)),
    maintain: (now, signal) => write.run(() => store.maintain(now, signal)),
    ping: (what) => (what === 'write' ? write : read).run(() => store.ping(what)),
    get calls() {
      return store.calls;
    },
    close: () => store.close(),
  };
  return {
    store: guarded,
    records: (work) => write.run(() => records.run(work)),
    stop() {
      write.close();
      read.close();
    },
  };
}

function databaseBreaker(name: string, probe: () => Promise<void>): Breaker {
  return createBreaker({
    name,
    isAway: (error) => isPulseError(error) && error.code === 'database_unavailable',
    whenOpen: (retryAfterMs) =>
      new PulseError(
        'database_unavailable',
        'The database cannot be reached at the moment; try again shortly.',
        {
          retryAfterMs,
        },
      ),
    probe,
  });
}

/** Pages through a breaker: each counts as a call, so a database that goes away in the middle is noticed. */
async function* eachPage<T>(breaker: Breaker, open: () => AsyncIterable<T>): AsyncGenerator<T> {
  const pages = open()[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await breaker.run(() => pages.next());
      if (done) return;
      yield value;
    }
  } finally {
    await pages.return?.();
  }
}
