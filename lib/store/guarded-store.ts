import { isPulseError, PulseError } from '../model/errors';
import { type Breaker, type BreakerStatus, createBreaker } from '../runtime/breaker';
import type { Run } from './lane';
import type { OpenStore } from './open';
import type { ColumnReader, Database, SampleStore, SeriesCatalogue, Store, Upkeep } from './store';

/**
 * One circuit breaker for writing and one for reading: with a replica for reads, either may be away without the other.
 */
interface StoreBreakers {
  write: Breaker;
  read: Breaker;
}

interface GuardedStore {
  store: Store;
  records: Run;
  events: { write: Run; read: Run };
  stop(): void;
}

/**
 * A store, and what is kept beside it, behind two circuit breakers. `stop` ends their probing; the store itself is left
 * to whoever opened it.
 */
export function guardStore(
  { store, records, events }: Pick<OpenStore, 'store' | 'records' | 'events'>,
  breakers: Set<BreakerStatus>,
): GuardedStore {
  const { database } = store;
  const write = databaseBreaker('database_write', () => database.ping('write'), breakers);
  const read = databaseBreaker('database_read', () => database.ping('read'), breakers);
  return {
    store: {
      samples: guardSamples(store.samples, { write, read }),
      columns: guardColumns(store.columns, read),
      catalogue: guardCatalogue(store.catalogue, write),
      upkeep: guardUpkeep(store.upkeep, write),
      database: guardDatabase(database, { write, read }),
    },
    records: (work) => write.run(() => records.run(work)),
    events: {
      write: (work) => write.run(() => events.write.run(work)),
      read: (work) => read.run(() => events.read.run(work)),
    },
    stop() {
      write.close();
      read.close();
    },
  };
}

function guardSamples(samples: SampleStore, { write, read }: StoreBreakers): SampleStore {
  return {
    append: (rows) => write.run(() => samples.append(rows)),
    readPoints: (question, options) => read.run(() => samples.readPoints(question, options)),
    readClosed: (metricId, options) => read.run(() => samples.readClosed(metricId, options)),
    // These two never of a replica, which may not know yet.
    readSamples: (range) => eachPage(write, () => samples.readSamples(range)),
    readLast: (question) => write.run(() => samples.readLast(question)),
  };
}

function guardColumns(columns: ColumnReader, read: Breaker): ColumnReader {
  return {
    readColumns: (question, options) => eachPage(read, () => columns.readColumns(question, options)),
  };
}

function guardCatalogue(catalogue: SeriesCatalogue, write: Breaker): SeriesCatalogue {
  return {
    load: (after) => eachPage(write, () => catalogue.load(after)),
    ensure: (identities) => write.run(() => catalogue.ensure(identities)),
    touch: (seen) => write.run(() => catalogue.touch(seen)),
  };
}

function guardUpkeep(upkeep: Upkeep, write: Breaker): Upkeep {
  return { maintain: (now, signal) => write.run(() => upkeep.maintain(now, signal)) };
}

function guardDatabase(database: Database, breakers: StoreBreakers): Database {
  return {
    engine: database.engine,
    ping: (what) => breakers[what].run(() => database.ping(what)),
    get calls() {
      return database.calls;
    },
    close: () => database.close(),
  };
}

function databaseBreaker(name: string, probe: () => Promise<void>, all: Set<BreakerStatus>): Breaker {
  const whenOpen = (retryAfterMs: number) =>
    new PulseError(
      'database_unavailable',
      'The database cannot be reached at the moment; try again shortly.',
      { retryAfterMs },
    );
  const isAway = (error: unknown) => isPulseError(error) && error.code === 'database_unavailable';
  return createBreaker({ name, isAway, whenOpen, probe }, all);
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
