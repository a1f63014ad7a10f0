import type { Sql } from 'postgres';
import { parseEnv } from '../../lib/env';
import { type Retention, retentionFrom } from '../../lib/model/rollup/tiers';
import { recordsOn } from '../../lib/records/database';
import { openRecords, type Records } from '../../lib/records/records';
import { connect } from '../../lib/store/connection';
import { openStore } from '../../lib/store/open';
import type { Store } from '../../lib/store/store';

/** One of the two databases of a move: what a store cannot say of itself is asked in SQL. */
export interface End {
  store: Store;
  records: Records;
  sql: Sql;
  retention: Retention;
  location: string;
  close(): Promise<void>;
}

/** Opens a database by URL, or the embedded one of a data folder, with the settings a server would have. */
export async function openEnd(place: string, print: (line: string) => void): Promise<End> {
  const where = /^postgres(ql)?:/.test(place)
    ? { DATABASE_URL: place }
    : { DATA_DIR: place, DATABASE_URL: undefined };
  const env = parseEnv({ ...process.env, DATABASE_READ_URL: undefined, STORE_ENGINE: undefined, ...where });
  const opened = await openStore(env, print);
  const client = connect(opened.connection, { connection: { TimeZone: 'UTC' } });
  return {
    store: opened.store,
    records: openRecords(recordsOn((work) => opened.records.run(work))),
    sql: client.sql,
    retention: retentionFrom(env),
    location: opened.description.location,
    async close() {
      await client.close();
      await opened.close();
    },
  };
}
