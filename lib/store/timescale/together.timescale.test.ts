import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '@/test/support/processes';
import { MINUTE, SECOND } from '../../model/time/duration';
import {
  allSamples,
  type Bench,
  engineUnderTest,
  inOrder,
  makeSeries,
  range,
  rowsOf,
  setUp,
  type Triple,
} from '../case/engine-under-test';
import type { Store } from '../store';
import { encodeKeys, keysOf } from './keys';

let bench: Bench;
let other: Store;
beforeAll(async () => {
  bench = await setUp(engineUnderTest('timescale'), { RETENTION_RAW: 'forever' });
  other = await bench.another();
});
afterAll(() => bench.close());

/** An append of a third server, announced and under way until the returned function is called. */
async function holdAppend(metricId: number, rows: readonly Triple[]): Promise<() => Promise<void>> {
  const given = rowsOf(rows);
  const [{ seq }] = await bench.sql`
    select announce_append(term, ${randomUUID()}, ${encodeKeys(keysOf(given))})::float8 as seq from append_turn`;
  const session = await bench.sql.reserve();
  await session`begin`;
  const [{ stored }] = await session`
    select append_in_term(
      (select term from append_turn), ${seq}::int8, '{}', ${`{${rows.map(() => metricId)}}`}::int[], ${`{${given.seriesIds}}`}::int[],
      ${`{${given.timestamps}}`}::float8[], ${`{${given.values}}`}::float8[], '{}', false) is not null as stored`;
  expect(stored).toBe(true);
  return async () => {
    await session`commit`;
    session.release();
  };
}

describe('two servers', () => {
  it('announce what they append, and look up nothing that is new', async () => {
    const { ids } = await makeSeries(bench.store, 'announced', 50);
    const start = Date.now();
    const sent: Triple[] = [];
    for (const round of range(20)) {
      const rows = ids.map((id): Triple => [id, start + round, round]);
      sent.push(...rows);
      // Behind a balancer: half of the hosts come to each, the next time the other half.
      const of = (turn: number) => rows.filter(([id]) => (id + round) % 2 === turn);
      const answers = await Promise.all(
        [bench.store, other].map((store, turn) => store.samples.append(rowsOf(of(turn)))),
      );
      expect(answers).toEqual([[], []]);
    }
    expect(await allSamples(bench.store, { seriesIds: ids })).toEqual(inOrder(sent));
    // Nobody went the slow way, which ends a term.
    const [{ announced, slowly }] = await bench.sql`
      select count(*)::int as announced, (select last_at > 'epoch' from append_turn) as slowly from append_intents`;
    expect({ announced, slowly }).toEqual({ announced: 40, slowly: false });
    expect(await bench.sql`select from open_intents`).toHaveLength(0);
  });

  it('do not wait for what another has under way, except for the very sample', async () => {
    const { ids, metricId } = await makeSeries(bench.store, 'under_way', 2);
    const start = Date.now();
    await bench.store.samples.append(rowsOf([[ids[0], start, 0]]));
    const held: Triple = [ids[0], start + 10 * SECOND, 1];
    const end = await holdAppend(metricId, [held]);

    const meanwhile: Triple[] = [
      [ids[0], start + 20 * SECOND, 2],
      [ids[1], start + 10 * SECOND, 3],
      // Looked up, since its series has newer ones.
      [ids[0], start + 5 * SECOND, 4],
      [ids[0], start - 30 * MINUTE, 5],
    ];
    for (const row of meanwhile) expect(await other.samples.append(rowsOf([row]))).toEqual([]);

    let answer: number[] | undefined;
    const same = other.samples.append(rowsOf([[held[0], held[1], 6]])).then((duplicates) => {
      answer = duplicates;
    });
    await until(async () => {
      const waiting = await bench.sql`select from pg_locks where not granted and locktype = 'transactionid'`;
      expect(waiting).toHaveLength(1);
    });
    expect(answer).toBeUndefined();
    await end();
    await same;
    expect(answer).toEqual([0]);
    const stored = await allSamples(bench.store, { seriesIds: ids });
    expect(stored).toEqual(inOrder([[ids[0], start, 0], held, ...meanwhile]));
  });

  it('withdraw what a third one announced and did not carry out, once one of them is sent its sample', async () => {
    const { ids, metricId } = await makeSeries(bench.store, 'withdrawn', 1);
    const row: Triple = [ids[0], Date.now(), 1];
    const given = rowsOf([row]);
    const [{ term, seq }] = await bench.sql`
      select term, announce_append(term, ${randomUUID()}, ${encodeKeys(keysOf(given))})::float8 as seq from append_turn`;
    expect(await other.samples.append(given)).toEqual([]);
    // The third one wakes up.
    const [{ stored }] = await bench.sql`
      select append_in_term(
        ${term}, ${seq}::int8, '{}', ${`{${metricId}}`}::int[], ${`{${ids}}`}::int[], ${`{${row[1]}}`}::float8[], '{2}', '{}', false) as stored`;
    expect(stored).toBeNull();
    expect(await allSamples(bench.store, { seriesIds: ids })).toEqual([row]);
  });
});
