import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Run } from '../store/lane';
import { withRetries } from '../store/retry';

/** Does work on the database of the records, on a connection that is nobody else's meanwhile. It may be done twice. */
export type OnRecords = <T>(work: (database: PostgresJsDatabase) => Promise<T>) => Promise<T>;

/** @param run on a lane of its own: drizzle replaces the type parsers of the connections that it is given. */
export function recordsOn(run: Run): OnRecords {
  return (work) => run((sql) => withRetries(() => work(drizzle(sql))));
}
