import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DAY } from '../../model/time/duration';
import { connect } from '../connection';
import { allSamples, type EngineUnderTest, makeSeries, rowsOf } from './engine-under-test';

export function schemaCases(engine: EngineUnderTest): void {
  describe('the schema', () => {
    it('is made where the search path of the role says, which need not own anything else', async () => {
      const database = await engine.createDatabase();
      const admin = connect(database.url, {});
      const { sql } = admin;
      const role = `role_${randomUUID().replaceAll('-', '')}`;
      await sql.unsafe(`create role ${role} login password 'secret'`);
      try {
        if (engine.name === 'timescale') await sql`create extension if not exists timescaledb`;
        // Found first: its name is the role's.
        await sql.unsafe(`create schema ${role} authorization ${role}`);
        await sql.unsafe(
          `do $$ begin execute format('grant create on database %I to ${role}', current_database()); end $$`,
        );
        const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).toString();
        const now = Date.now();

        const first = await engine.open(url);
        const { ids } = await makeSeries(first.store, 'cups', 1);
        await first.store.samples.append(rowsOf([[ids[0], now - DAY, 1]]));
        await first.close();
        const second = await engine.open(url);
        await second.store.samples.append(rowsOf([[ids[0], now, 2]]));
        await second.store.upkeep.maintain(now);
        expect(await allSamples(second.store)).toEqual([
          [ids[0], now - DAY, 1],
          [ids[0], now, 2],
        ]);
        await second.close();

        expect([
          ...(await sql`
            select relnamespace::regnamespace::text as schema from pg_class
            where relowner = ${role}::regrole and relkind in ('r', 'p', 'v') and relname in ('metrics', 'samples')
            order by relname`),
        ]).toEqual([{ schema: role }, { schema: role }]);
      } finally {
        await admin.close();
        await database.drop();
        await dropRole(database.url, role);
      }
    });
  });
}

/** A role is of the whole server, and stays when its database is dropped. */
async function dropRole(url: string, role: string): Promise<void> {
  const server = connect(Object.assign(new URL(url), { pathname: '/postgres' }).toString(), {});
  await server.sql.unsafe(`drop role ${role}`);
  await server.close();
}
