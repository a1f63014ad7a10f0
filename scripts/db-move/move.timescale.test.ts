import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@/test/support/postgres';
import { parseEnv } from '../../lib/env';
import { alignDown } from '../../lib/model/points';
import { DAY, HOUR, MINUTE } from '../../lib/model/time/duration';
import { connect } from '../../lib/store/connection';
import { openStore } from '../../lib/store/open';
import { move } from './move';

const SERIES = 6;
const TODAY = alignDown(Date.now(), DAY);
/** Longer than samples are kept by default, so that the oldest days are rollups only. */
const DAYS = 20;

let source: TestDatabase;
let notes: string;
const targets: TestDatabase[] = [];

beforeAll(async () => {
  notes = await mkdtemp(join(tmpdir(), 'pulseboard-move-'));
  source = await createTestDatabase();
  const { store, close } = await openStore(
    parseEnv({ DATABASE_URL: source.url, STORE_ENGINE: 'postgres' }),
    () => {},
  );
  const series = await store.catalogue.ensure(
    range(SERIES).map((i) => ({ metric: `metric_${i % 2}`, labels: { host: `host-${i}` }, unit: 'percent' })),
  );
  for (const day of range(DAYS)) {
    const start = TODAY - (DAYS - day) * DAY;
    const rows = series.flatMap(({ id }) =>
      range(288).map((i) => [id, start + i * 5 * MINUTE + id, valueAt(i * id)] as const),
    );
    await store.samples.append({
      seriesIds: rows.map(([id]) => id),
      timestamps: rows.map(([, t]) => t),
      values: rows.map(([, , value]) => value),
    });
    await store.upkeep.maintain(start + DAY + HOUR);
  }
  await store.upkeep.maintain(Date.now());
  await close();
});
afterAll(async () => {
  await rm(notes, { recursive: true, force: true });
  for (const database of [source, ...targets]) await database.drop();
});

/** One metric has values that float64 cannot add up. */
function valueAt(i: number): number {
  return i % 97 === 96 ? 1.7e308 : (i % 97) / 8;
}

async function makeTarget(server: string): Promise<string> {
  const target = await createTestDatabase(server);
  targets.push(target);
  return target.url;
}

/** A line for each series and day, of all the time there is. */
async function daysOf(url: string) {
  const { store, close } = await openStore(parseEnv({ DATABASE_URL: url }), () => {});
  try {
    const all = [];
    for await (const page of store.catalogue.load()) all.push(...page);
    const byHost = all.toSorted((a, b) => a.labels.host.localeCompare(b.labels.host));
    return await Promise.all(
      byHost.map(async ({ id, metric, metricId, unit, labels }) => {
        const question = {
          metricId,
          groups: [[id]],
          wholeMetric: false,
          start: TODAY - 30 * DAY,
          end: TODAY,
          step: DAY,
        };
        const { groups } = await store.samples.readPoints({
          ...question,
          aggregates: ['count', 'sum', 'min', 'max', 'increase'],
        });
        return { metric, unit, labels, points: groups[0] };
      }),
    );
  } finally {
    await close();
  }
}

it('takes everything to TimescaleDB, also what only rollups are left of, and may be repeated', async () => {
  const target = await makeTarget(inject('timescaleUrl'));
  const lines: string[] = [];
  const run = () => move({ from: source.url, to: target, notes, print: (line) => lines.push(line) });
  expect(await run(), lines.join('\n')).toBe(true);
  const expected = await daysOf(source.url);
  expect(expected[0].points).toHaveLength(DAYS);
  expect(await daysOf(target)).toEqual(expected);

  expect(await run(), lines.join('\n')).toBe(true);
  expect(await daysOf(target)).toEqual(expected);
}, 180_000);

it('goes on after it was cut off', async () => {
  const target = await makeTarget(inject('timescaleUrl'));
  const { sql } = connect(target, {});
  let moving = true;
  const run = () => move({ from: source.url, to: target, notes, print: () => {} });
  const cutting = (async () => {
    // As soon as the first samples are there.
    while (moving) {
      const [{ begun }] = await sql`select to_regclass('samples_packed') is not null as begun`;
      if (begun && (await sql`select from samples_packed limit 1`).length > 0) break;
    }
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name like 'pulseboard%'`;
  })();
  const cut = await run().catch((error: unknown) => error);
  moving = false;
  await cutting;
  await sql.end();
  // Cut off or, on a very quick machine, done already: either way everything is there after another run.
  if (cut !== true) expect(cut).toBeInstanceOf(Error);
  expect(await run()).toBe(true);
  expect(await daysOf(target)).toEqual(await daysOf(source.url));
}, 180_000);

it('takes everything back to plain PostgreSQL', async () => {
  const there = await makeTarget(inject('timescaleUrl'));
  expect(await move({ from: source.url, to: there, notes, print: () => {} })).toBe(true);
  const back = await makeTarget(inject('postgresUrl'));
  expect(await move({ from: there, to: back, notes, print: () => {} })).toBe(true);
  expect(await daysOf(back)).toEqual(await daysOf(source.url));
}, 180_000);

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
