import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FUNCTIONS_REVISION, readScripts } from '../functions';
import { type Bench, type EngineUnderTest, range, setUp } from './engine-under-test';

/** The functions of a script: name and body. */
const DEFINITION = /^create or replace (?:function|procedure) (\w+)/gm;

export function functionsCases(engine: EngineUnderTest): void {
  describe('functions', () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await setUp(engine);
    });
    afterEach(() => bench.close());

    /** Every function of ours in the database, with its whole definition. */
    const inDatabase = () => bench.sql<Array<{ name: string; definition: string }>>`
      select proname as name, pg_get_functiondef(p.oid) as definition from pg_proc p
      where pronamespace = 'public'::regnamespace
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
      order by 1, 2`;
    const recorded = async () =>
      (
        await bench.sql<
          Array<{ revision: number; digest: string }>
        >`select revision, digest from migrations.functions`
      )[0];

    it('are those of the scripts, each once, none besides', async () => {
      const scripts = ['catalogue', 'records', engine.name].flatMap(readScripts);
      const names = scripts.flatMap((script) => [...script.matchAll(DEFINITION)].map(([, name]) => name));
      expect((await inDatabase()).map(({ name }) => name)).toEqual(names.sort());
    });

    it('are replaced in a database of a version that had them in its migrations only', async () => {
      const current = await inDatabase();
      await bench.sql`drop table migrations.functions`;
      await bench.sql`
        create or replace function renew_closed_versions() returns trigger language plpgsql as $$ begin return null; end $$`;
      expect(await inDatabase()).not.toEqual(current);
      await bench.another();
      expect(await inDatabase()).toEqual(current);
      expect((await recorded()).revision).toBe(FUNCTIONS_REVISION);
    });

    it('are replaced when their text has changed, by one of several servers that start at once', async () => {
      const current = await inDatabase();
      const { digest } = await recorded();
      await bench.sql`update migrations.functions set revision = ${FUNCTIONS_REVISION - 1}, digest = 'of an older text'`;
      await bench.sql`
        create or replace function renew_closed_versions() returns trigger language plpgsql as $$ begin return null; end $$`;
      await Promise.all(range(4).map(() => bench.another()));
      expect(await inDatabase()).toEqual(current);
      expect(await recorded()).toEqual({ revision: FUNCTIONS_REVISION, digest });
    });

    it('of a newer server stay when an older one starts', async () => {
      await bench.sql`update migrations.functions set revision = ${FUNCTIONS_REVISION + 1}, digest = 'of a newer text'`;
      await bench.sql`
        create or replace function renew_closed_versions() returns trigger language plpgsql as $$ begin return null; end $$`;
      const newer = await inDatabase();
      await bench.another();
      expect(await inDatabase()).toEqual(newer);
      expect((await recorded()).revision).toBe(FUNCTIONS_REVISION + 1);
    });

    it('come with the migrations or not at all', async () => {
      await bench.sql`drop table migrations.functions`;
      // What no script can replace: it gives something else.
      await bench.sql`drop function counted_from`;
      await bench.sql`create function counted_from(value float8, previous float8) returns text language sql return 'no'`;
      const before = await inDatabase();
      await expect(bench.another()).rejects.toThrow(/return type/);
      expect(await inDatabase()).toEqual(before);
      expect(await bench.sql`select to_regclass('migrations.functions') as made`).toEqual([{ made: null }]);
    });
  });
}
