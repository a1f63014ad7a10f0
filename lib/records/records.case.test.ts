import { desc, eq } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../env';
import { type OpenStore, openStore } from '../store/open';
import type { Engine } from '../store/store';
import { type OnRecords, recordsOn } from './database';
import { openRecords } from './records';

/** A record like any other, added by what `docs/architecture.md` names: a table and its migration, a file, a line. */
const notes = pgTable('notes', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  body: text().notNull(),
});
const NOTES_MIGRATION =
  'create table notes (id int primary key generated always as identity, body text not null)';

function notesRecord(on: OnRecords) {
  return {
    add: (body: string) => on(async (database) => void (await database.insert(notes).values({ body }))),
    list: () => on((database) => database.select().from(notes).orderBy(desc(notes.id))),
    remove: (id: number) =>
      on(async (database) => void (await database.delete(notes).where(eq(notes.id, id)))),
  };
}

/** What records do on every engine. */
export function recordsCases(engine: Engine, server: string): void {
  describe(`records beside the engine ${engine}`, () => {
    let database: TestDatabase;
    const servers: OpenStore[] = [];

    async function open(): Promise<OnRecords> {
      const settings = parseEnv({ DATABASE_URL: database.url, STORE_ENGINE: engine });
      const opened = await openStore(settings, () => {});
      servers.push(opened);
      return recordsOn((work) => opened.records.run(work));
    }
    beforeAll(async () => {
      database = await createTestDatabase(server);
    });
    afterAll(async () => {
      await Promise.all(servers.map((each) => each.close()));
      await database.drop();
    });

    it('sessions that were signed out are known to every server until they expire, and then forgotten', async () => {
      const now = Date.now();
      const [over, holding] = [
        { id: 'expired', until: now - 1_000 },
        { id: 'signed-out', until: now + 60_123 },
      ];
      const first = await open();
      const [one, other] = [first, await open()].map((on) => openRecords(on).endedSessions);
      await one.add(over);
      await Promise.all([other.add(holding), one.add(holding)]);
      for (const record of [one, other]) expect(await record.list(now)).toEqual([holding]);
      expect(await other.list(now + 60_124)).toEqual([]);
      expect([...(await first((db) => db.execute('select id from ended_sessions')))]).toEqual([
        { id: 'signed-out' },
      ]);
    });

    it('one more takes a table and a few statements', async () => {
      const on = await open();
      await on((db) => db.execute(NOTES_MIGRATION));
      const record = { ...openRecords(on), notes: notesRecord(on) };
      await record.notes.add('first');
      await record.notes.add('second');
      expect((await record.notes.list()).map(({ body }) => body)).toEqual(['second', 'first']);
      await record.notes.remove(1);
      expect(await notesRecord(await open()).list()).toEqual([{ id: 2, body: 'second' }]);
    });

    it('what the database refuses is thrown as it is, and an absent database as unavailable', async () => {
      const on = await open();
      await expect(on((db) => db.execute('select 1 / 0'))).rejects.toMatchObject({
        cause: { code: '22012' },
      });
      await servers.pop()!.close();
      await expect(openRecords(on).endedSessions.list(0)).rejects.toMatchObject({
        code: 'database_unavailable',
      });
    });
  });
}
