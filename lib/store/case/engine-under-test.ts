import postgres, { type Sql } from 'postgres';
import { inject } from 'vitest';
import { createTestDatabase } from '@/test/support/postgres';
import { type Env, parseEnv } from '../../env';
import type { Aggregate } from '../../model/aggregates';
import type { Point } from '../../model/points';
import type { SampleRows } from '../../model/samples';
import { type Choice, chooseEngine } from '../choose-engine';
import { Endpoint } from '../endpoint';
import { type OpenStore, openStore } from '../open';
import { openSetup } from '../pools';
import type { Engine, MaintenanceReport, SampleRange, Store, StoreQuestion } from '../store';

/** What an engine's own test gives to the suite that all engines pass. */
export interface EngineUnderTest {
  name: Engine;
  /** A database of its own for each part of the suite. */
  createDatabase(): Promise<{ url: string; drop(): Promise<void> }>;
  /** A server's store on that database; every call is another server. */
  open(url: string, settings?: Record<string, string>): Promise<OpenStore>;
}

/** An engine on databases of the test run's own server for it, or of the one named. */
export function engineUnderTest(
  name: Engine,
  server = inject(name === 'timescale' ? 'timescaleUrl' : 'postgresUrl'),
): EngineUnderTest {
  return {
    name,
    createDatabase: () => createTestDatabase(server),
    open: (url, settings) =>
      openStore(parseEnv({ DATABASE_URL: url, STORE_ENGINE: name, ...settings }), () => {}),
  };
}

/** Which engine a server would choose on that database. */
export async function choiceOn(url: string, setting: Env['STORE_ENGINE']): Promise<Choice> {
  const endpoint = new Endpoint('test', url);
  const setup = openSetup(endpoint);
  try {
    return await chooseEngine(setup, setting);
  } finally {
    await setup.close();
    await endpoint.watchdog.close();
  }
}

/** One database, as many servers on it as asked for, and a way to meddle with it. */
export interface Bench {
  store: Store;
  another(settings?: Record<string, string>): Promise<Store>;
  sql: Sql;
  url: string;
  close(): Promise<void>;
}

export async function setUp(engine: EngineUnderTest, settings: Record<string, string> = {}): Promise<Bench> {
  const database = await engine.createDatabase();
  const servers: OpenStore[] = [];
  const another = async (more = settings) => {
    const opened = await engine.open(database.url, more);
    servers.push(opened);
    return opened.store;
  };
  const sql = postgres(database.url, { max: 2, fetch_types: false, onnotice: () => {} });
  return {
    store: await another(),
    another,
    sql,
    url: database.url,
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await sql.end();
      await database.drop();
    },
  };
}

/** Upkeep until there is nothing left to roll up: a round that takes long leaves the rest to the next. */
export async function maintainAll(store: Store, now: number): Promise<MaintenanceReport> {
  const rolledUp = { minute: 0, hour: 0, day: 0 };
  for (let last = Number.NaN; ; ) {
    const report = await store.upkeep.maintain(now);
    for (const tier of ['minute', 'hour', 'day'] as const) rolledUp[tier] += report.rolledUp[tier];
    const isIdle = Object.values(report.rolledUp).every((rows) => rows === 0);
    if (isIdle && report.rolledUpTo === last) return { ...report, rolledUp };
    last = report.rolledUpTo;
  }
}

/** Makes series of one metric, one a label value, and gives their ids in that order. */
export async function makeSeries(store: Store, metric: string, count: number) {
  const identities = Array.from({ length: count }, (_, i) => ({ metric, labels: { host: `host-${i}` } }));
  const stored = await store.catalogue.ensure(identities);
  return { metricId: stored[0].metricId, ids: stored.map(({ id }) => id) };
}

export type Triple = readonly [seriesId: number, timestamp: number, value: number];

export function rowsOf(triples: readonly Triple[]): SampleRows {
  return {
    seriesIds: triples.map(([seriesId]) => seriesId),
    timestamps: triples.map(([, timestamp]) => timestamp),
    values: triples.map(([, , value]) => value),
  };
}

/** Every stored sample, ordered by series and time. */
export async function allSamples(store: Store, range: Partial<SampleRange> = {}): Promise<Triple[]> {
  const found: Triple[] = [];
  for await (const { seriesIds, timestamps, values } of store.samples.readSamples({
    start: 0,
    end: Number.MAX_SAFE_INTEGER,
    ...range,
  })) {
    for (let i = 0; i < seriesIds.length; i++) found.push([seriesIds[i], timestamps[i], values[i]]);
  }
  return inOrder(found);
}

export function inOrder(triples: readonly Triple[]): Triple[] {
  return triples.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The points of all given series as one group. */
export async function pointsOf(
  store: Store,
  series: { metricId: number; ids: readonly number[] },
  question: { aggregates: readonly Aggregate[]; start: number; end: number; step: number },
): Promise<Point[]> {
  const whole: StoreQuestion = {
    metricId: series.metricId,
    groups: [series.ids],
    wholeMetric: true,
    ...question,
  };
  return (await store.samples.readPoints(whole)).groups[0];
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
