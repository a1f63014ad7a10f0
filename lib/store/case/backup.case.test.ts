import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ONE_STAGE } from '@/test/support/aggregates';
import { expectSamePoints } from '@/test/support/expect-points';
import type { Point } from '../../model/points';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import type { Binaries } from '../embedded/binaries';
import type { Store } from '../store';
import {
  allSamples,
  type EngineUnderTest,
  inOrder,
  makeSeries,
  pointsOf,
  range,
  rowsOf,
  setUp,
  type Triple,
} from './engine-under-test';

const run = promisify(execFile);
const T = Date.UTC(2026, 10, 18);

/** Backup and restore as `docs/storage.md` has them, with the programs that come with the server. */
export function backupCases(engine: EngineUnderTest, binaries: Binaries): void {
  const program = (name: string) => join(dirname(binaries.postgres), name);

  it(`a ${engine.name} store says the same after dump and restore, and goes on`, async () => {
    const bench = await setUp(engine, { RETENTION_RAW: 'forever' });
    const folder = await mkdtemp(join(tmpdir(), 'pulseboard-backup-'));
    const series = await makeSeries(bench.store, 'backed_up', 3);
    const samples = range(3 * 24 * 12).flatMap((i) =>
      series.ids.map((id): Triple => [id, T + i * 5 * MINUTE + id, ((i * id) % 97) / 8]),
    );
    const late: Triple = [series.ids[0], T + 90 * MINUTE + 7, 1e6];
    await bench.store.samples.append(rowsOf(samples));
    await bench.store.upkeep.maintain(T + 2 * DAY + HOUR);
    await bench.store.upkeep.maintain(T + 2 * DAY + HOUR);
    // Dumped with a part that is rolled up, a late sample that is not, and an open end.
    await bench.store.samples.append(rowsOf([late]));
    const before = await answers(bench.store, series);

    const file = join(folder, 'pulseboard.dump');
    await run(program('pg_dump'), ['-Fc', '-f', file, bench.url]);
    const restored = await engine.createDatabase();
    const psql = (...statements: string[]) =>
      run('psql', [
        '-v',
        'ON_ERROR_STOP=1',
        '-d',
        restored.url,
        ...statements.flatMap((each) => ['-c', each]),
      ]);
    const [{ extended }] =
      await bench.sql`select exists (select from pg_extension where extname = 'timescaledb') as extended`;
    if (extended) await psql('create extension timescaledb', 'select timescaledb_pre_restore()');
    await run(program('pg_restore'), ['-Fc', '-d', restored.url, file]);
    if (extended) await psql('select timescaledb_post_restore()');

    const opened = await engine.open(restored.url, { RETENTION_RAW: 'forever' });
    const { store } = opened;
    try {
      expect(store.database.engine).toBe(engine.name);
      expect(await allSamples(store)).toEqual(inOrder([...samples, late]));
      expectSame(await answers(store, series), before);
      // What was there is recognised, what is new is taken, and upkeep goes on from where it was.
      const more: Triple[] = [[series.ids[1], T + 3 * DAY + HOUR, 5]];
      expect(await store.samples.append(rowsOf([late, ...more]))).toEqual([0]);
      expect((await store.upkeep.maintain(T + 4 * DAY)).worked).toBe(true);
      await bench.store.samples.append(rowsOf(more));
      expectSame(await answers(store, series), await answers(bench.store, series));
    } finally {
      await opened.close();
      await restored.drop();
      await bench.close();
      await rm(folder, { recursive: true });
    }
  });
}

/** But for the last digits: rows lie in another order now, and are added up in it. */
function expectSame(actual: readonly Point[][], expected: readonly Point[][]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((points, i) => {
    expectSamePoints(points, expected[i]);
  });
}

function answers(store: Store, series: { metricId: number; ids: number[] }) {
  return Promise.all(
    [MINUTE, HOUR, DAY].map((step) =>
      pointsOf(store, series, { aggregates: ONE_STAGE, start: T, end: T + 5 * DAY, step }),
    ),
  );
}
