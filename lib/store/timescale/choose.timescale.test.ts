import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../../env';
import { choiceOn } from '../case/engine-under-test';
import { openStore } from '../open';

describe('the engine', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase(inject('timescaleUrl'));
  });
  afterEach(() => database.drop());

  const open = (settings: Record<string, string> = {}) =>
    openStore(parseEnv({ DATABASE_URL: database.url, ...settings }), () => {});

  it('is timescale where the server has it: the extension is created', async () => {
    const { store, description, close } = await open();
    expect(store.database.engine).toBe('timescale');
    expect(description.engineReason).toMatch(
      /^Engine timescale \(TimescaleDB \d.*because this database has its community edition\.$/,
    );
    await close();
  });

  it('is postgres where the settings say so, and stays what a database was begun with', async () => {
    const first = await open({ STORE_ENGINE: 'postgres' });
    expect(first.store.database.engine).toBe('postgres');
    await first.close();
    const second = await open();
    expect(second.store.database.engine).toBe('postgres');
    expect(second.description.engineReason).toMatch(/begun with it/);
    await second.close();
    await expect(open({ STORE_ENGINE: 'timescale' })).rejects.toThrow(/db:move/);
  });

  it('opens a database with data in it again, and migrating twice changes nothing', async () => {
    const first = await open();
    const [{ id }] = await first.store.catalogue.ensure([{ metric: 'kept', labels: {} }]);
    await first.store.samples.append({ seriesIds: [id], timestamps: [Date.now()], values: [1] });
    await first.close();
    const second = await open();
    expect(
      await second.store.samples.append({ seriesIds: [id], timestamps: [Date.now() + 1], values: [2] }),
    ).toEqual([]);
    await second.close();
    await expect(open({ STORE_ENGINE: 'postgres' })).rejects.toThrow(/holds data of the engine timescale/);
  });

  it('is postgres, and says why, where the server has no TimescaleDB', async () => {
    const plain = await createTestDatabase();
    const choice = await choiceOn(plain.url, 'auto');
    expect(choice).toEqual({
      engine: 'postgres',
      schema: ['postgres'],
      reason: 'Engine postgres, because the server does not have TimescaleDB.',
    });
    await expect(choiceOn(plain.url, 'timescale')).rejects.toThrow(
      /^STORE_ENGINE is timescale, but the server does not have TimescaleDB: install it/,
    );
    await plain.drop();
  });
});
