import { afterAll, describe, expect, it } from 'vitest';
import { findTimescaleBinaries } from '@/test/support/timescale-binaries';
import { startTimescaleServer } from '@/test/support/timescale-server';
import { backupCases } from '../case/backup.case.test';
import { choiceOn, type EngineUnderTest, engineUnderTest } from '../case/engine-under-test';
import { connect } from '../connection';
import type { Binaries } from '../embedded/binaries';
import { storeCases } from '../store.case.test';

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

describe('on TimescaleDB of the Apache edition', () => {
  const engine: EngineUnderTest = { name: 'postgres', createDatabase, open };
  storeCases(engine);
  backupCases(engine, binaries);

  it('samples lie in a hypertable, which is said, also the next time', async () => {
    const database = await createDatabase();
    const first = await open(database.url);
    expect(first.engineReason).toMatch(
      /^Engine postgres on a hypertable, because its TimescaleDB \d\S+ is the Apache edition/,
    );
    const [{ id }] = await first.store.catalogue.ensure([{ metric: 'kept', labels: {} }]);
    await first.store.samples.append({ seriesIds: [id], timestamps: [Date.now()], values: [1] });
    await first.close();

    const { sql } = connect(database.url, {});
    expect(
      await sql`select hypertable_name as name, num_chunks::int as chunks from timescaledb_information.hypertables`,
    ).toEqual([{ name: 'samples', chunks: 1 }]);
    await sql.end();

    for (const engine of ['auto', 'postgres']) {
      const again = await open(database.url, { STORE_ENGINE: engine });
      expect(again.engineReason).toMatch(/^Engine postgres on a hypertable, because/);
      await again.close();
    }
    await database.drop();
  });

  it('asking for the other engine fails with advice', async () => {
    const database = await createDatabase();
    await expect(choiceOn(database.url, 'timescale')).rejects.toThrow(/Apache edition.*community edition/);
    await database.drop();
  });

  it('a database begun with partitions keeps them', async () => {
    const database = await createDatabase();
    await (await open(database.url, { STORE_ENGINE: 'postgres' })).close();
    const { store, engineReason, close } = await open(database.url);
    expect(engineReason).toBe('Engine postgres, because this database was begun with it.');
    await store.upkeep.maintain(Date.now());
    const { sql } = connect(database.url, {});
    expect(await sql`select name from partitions_of('samples')`).toHaveLength(2);
    await sql.end();
    await close();
    await database.drop();
  });
});
