import { expect, it } from 'vitest';
import { DAY, HOUR } from '../../model/time/duration';
import { engineUnderTest, makeSeries, rowsOf, setUp, type Triple } from '../case/engine-under-test';

const T = Date.UTC(2026, 10, 20);

// A reader between the moment a commit is seen and the moment sessions are told of its partitions must not have been
// told that rows in them are made: it would read without them. What can be seen of it is who wrote what.
it('partitions are committed before the rows that are rolled up into them', async () => {
  const bench = await setUp(engineUnderTest('postgres'), { RETENTION_RAW: 'forever' });
  try {
    const { ids } = await makeSeries(bench.store, 'moved', 1);
    const append = (...triples: Triple[]) => bench.store.samples.append(rowsOf(triples));
    await append([ids[0], T, 1]);
    await bench.store.upkeep.maintain(T + 400 * DAY);
    await append([ids[0], T + 100 * DAY + HOUR, 1]);
    await bench.store.upkeep.maintain(T + 400 * DAY);

    const written = await bench.sql`
      select c.relname as partition, i.xmin = r.xmin as "byTheSame"
      from (select tableoid, xmin from rollup_minute union all select tableoid, xmin from rollup_hour
        union all select tableoid, xmin from rollup_day) r
      join pg_inherits i on i.inhrelid = r.tableoid
      join pg_class c on c.oid = r.tableoid
      order by 1`;
    expect(written.filter(({ byTheSame }) => byTheSame)).toEqual([]);
    // Both days, each in a partition of minutes and of hours; and the day of days that holds both.
    expect(new Set(written.map(({ partition }) => partition)).size).toBe(5);
  } finally {
    await bench.close();
  }
});
