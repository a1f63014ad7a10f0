import { afterAll, describe, expect, it } from 'vitest';
import { runMigration } from '@/test/support/run-migration';
import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { startTimescaleServer } from '@/test/support/timescale-server';
import { DAY } from '../../model/time/duration';
import { appendCases } from '../case/append.case.test';
import { backupCases } from '../case/backup.case.test';
import {
  allSamples,
  choiceOn,
  type EngineUnderTest,
  engineUnderTest,
  makeSeries,
  rowsOf,
} from '../case/engine-under-test';
import { pointsCases } from '../case/points.case.test';
import { retentionCases } from '../case/retention.case.test';
import { upkeepCases } from '../case/upkeep.case.test';
import { connect } from '../connection';
import type { Binaries } from '../embedded/binaries';

// The edition is a setting of the whole server.
const binaries = findTimescaleBinaries() as Binaries;
const server = await startTimescaleServer(binaries, {
  'timescaledb.license': 'apache',
  fsync: 'off',
});
afterAll(() => server.close());

const { createDatabase, open: openAs } = engineUnderTest('postgres', server.url);
/** As a server that leaves the choice of the engine to the database. */
const open: typeof openAs = (url, settings) => openAs(url, { STORE_ENGINE: 'auto', ...settings });

/** A database as a version made it that had samples in a hypertable there. */
async function createHypertable() {
  const database = await createDatabase();
  await (await open(database.url)).close();
  const { sql } = connect(database.url, {});
  await runMigration(sql, 'test/data/hypertable.sql');
  await sql`drop table migrations.functions`;
  await sql.end();
  return database;
}

async function hypertablesOf(url: string) {
  const { sql } = connect(url, {});
  const rows = await sql`
    select hypertable_name as name, num_chunks::int as chunks from timescaledb_information.hypertables`;
  await sql.end();
  return [...rows];
}

describe('on TimescaleDB of the Apache edition', () => {
  backupCases({ name: 'postgres', createDatabase, open }, binaries);

  it('samples lie in plain partitions, which is said, also the next time', async () => {
    const database = await createDatabase();
    const first = await open(database.url);
    expect(first.description.engineReason).toMatch(
      /^Engine postgres, because its TimescaleDB \d\S+ is the Apache edition/,
    );
    await first.store.upkeep.maintain(Date.now());
    await first.close();
    expect(await hypertablesOf(database.url)).toEqual([]);
    const { sql } = connect(database.url, {});
    expect(await sql`select name from partitions_of('samples')`).toHaveLength(2);
    await sql.end();
    const second = await open(database.url);
    expect(second.description.engineReason).toBe('Engine postgres, because this database was begun with it.');
    await second.close();
    await database.drop();
  });

  it('asking for the other engine fails with advice', async () => {
    const database = await createDatabase();
    await expect(choiceOn(database.url, 'timescale')).rejects.toThrow(/Apache edition.*community edition/);
    await database.drop();
  });
});

describe('a database of an older version, with samples in a hypertable,', () => {
  const engine: EngineUnderTest = { name: 'postgres', createDatabase: createHypertable, open };
  appendCases(engine);
  pointsCases(engine);
  upkeepCases(engine);
  retentionCases(engine);
  // What is restored goes into an empty database.
  const made = [createHypertable, createDatabase];
  backupCases({ ...engine, createDatabase: () => made.shift()!() }, binaries);

  it('is opened with all that is in it, and goes on', async () => {
    const database = await createHypertable();
    const first = await open(database.url, { RETENTION_RAW: 'forever' });
    const { ids } = await makeSeries(first.store, 'kept', 1);
    const now = Date.now();
    await first.store.samples.append(rowsOf([[ids[0], now - 5 * DAY, 1]]));
    await first.close();
    expect(await hypertablesOf(database.url)).toEqual([{ name: 'samples', chunks: 1 }]);

    const second = await open(database.url, { STORE_ENGINE: 'postgres', RETENTION_RAW: '7d' });
    await second.store.samples.append(rowsOf([[ids[0], now, 2]]));
    await second.store.upkeep.maintain(now);
    expect(await allSamples(second.store)).toEqual([
      [ids[0], now - 5 * DAY, 1],
      [ids[0], now, 2],
    ]);
    // What retention ends goes, chunk by chunk.
    await second.store.upkeep.maintain(now + 5 * DAY);
    expect(await allSamples(second.store)).toEqual([[ids[0], now, 2]]);
    await second.close();
    expect(await hypertablesOf(database.url)).toEqual([{ name: 'samples', chunks: 1 }]);
    await database.drop();
  });
});
