import { afterAll, expect, inject, it } from 'vitest';
import { connect } from './connection';

const sql = connect(inject('postgresUrl'), { max: 1, prepare: false, fetch_types: false });
afterAll(() => sql.end());

it('a statement that fails half-way leaves nothing to the next one of its session', async () => {
  // Some hundred rows are on their way before one of them fails.
  const failing = sql`select 1 / (5000 - n) from generate_series(1, 9000) n`;
  await expect(failing).rejects.toMatchObject({ code: '22012' });
  expect([...(await sql`select 1 as one`)]).toEqual([{ one: 1 }]);
});
