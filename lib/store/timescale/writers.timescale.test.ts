import fc, { type Scheduler } from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdverseLane, type Fate } from '@/test/support/adverse-lane';
import { DAY, MINUTE, SECOND } from '../../model/time/duration';
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
import { codeOf } from '../pg-errors';
import { Appender } from './appender';
import { MetricIds } from './metric-ids';

// What is lost on purpose need not be told of.
process.env.LOG_LEVEL = 'silent';

const SERIES = 4;
const WRITERS = 3;
const EPOCH = Date.UTC(2026, 9, 1);

const batch = fc.uniqueArray(fc.tuple(fc.nat({ max: SERIES - 1 }), fc.nat({ max: 8 })), {
  minLength: 1,
  maxLength: 30,
  selector: (key) => key.join(),
});
const writer = fc.nat({ max: WRITERS - 1 });
/** Most samples are of the moment, some of long ago. */
const append = fc.record({
  do: fc.constant('append' as const),
  writer,
  batch,
  ago: fc.constantFrom(0, 0, 0, 0, 6, 120),
});
const trouble = fc.oneof(
  fc.record({ do: fc.constant('kill' as const), writer }),
  fc.record({ do: fc.constant('all are unseen' as const) }),
  fc.record({ do: fc.constant('append of an older version' as const), batch }),
  fc.record({ do: fc.constant('unlogged tables are lost' as const) }),
  fc.record({ do: fc.constant('seal' as const) }),
);
type Append = typeof append extends fc.Arbitrary<infer A> ? A : never;
type Action = Append | (typeof trouble extends fc.Arbitrary<infer A> ? A : never);

let bench: Bench;
let pool: Sql;
let runs = 0;
beforeAll(async () => {
  bench = await setUp(engineUnderTest('timescale'), { RETENTION_RAW: 'forever' });
  pool = postgres(bench.url, { max: 30, fetch_types: false, onnotice: () => {} });
});
afterAll(async () => {
  await pool.end();
  await bench.close();
});

/** What was sent and what was said about it. */
class Record {
  private readonly sent = new Map<string, Set<number>>();
  /** By the only append that was told that the sample is new. */
  private readonly stored = new Map<string, number>();
  private readonly acknowledged = new Set<string>();

  send(rows: readonly Triple[]): void {
    for (const [id, t, value] of rows) {
      const key = `${id} ${t}`;
      this.sent.set(key, (this.sent.get(key) ?? new Set()).add(value));
    }
  }

  acknowledge(rows: readonly Triple[], duplicates: readonly number[]): void {
    rows.forEach(([id, t, value], position) => {
      const key = `${id} ${t}`;
      this.acknowledged.add(key);
      if (duplicates.includes(position)) return;
      expect([key, this.stored.get(key)]).toEqual([key, undefined]);
      this.stored.set(key, value);
    });
  }

  expectIn(database: readonly Triple[]): void {
    const keys = database.map(([id, t]) => `${id} ${t}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
    expect([...this.acknowledged].filter((key) => !keys.includes(key))).toEqual([]);
    for (const [id, t, value] of database) {
      const key = `${id} ${t}`;
      expect(this.sent.get(key)).toContain(value);
      if (this.stored.has(key)) expect([key, value]).toEqual([key, this.stored.get(key)]);
    }
  }
}

/** Servers that append to one database, each on an adverse network; who is killed is replaced. */
class Fleet {
  readonly record = new Record();
  private readonly servers: Array<{ appender: Appender; lane: AdverseLane }> = [];
  private readonly gone: Array<{ appender: Appender; lane: AdverseLane }> = [];
  private value = 0;

  constructor(
    private readonly ids: readonly number[],
    private readonly base: number,
    private readonly scheduler: Scheduler,
    private readonly fates: Iterator<Fate>,
  ) {}

  async start(): Promise<void> {
    for (const i of range(WRITERS)) this.servers[i] = await this.newServer();
  }

  async act(action: Action, at: number): Promise<void> {
    if (action.do === 'append') await this.append(action, at);
    else if (action.do === 'kill') await this.kill(action.writer);
    else if (action.do === 'all are unseen') await pool`delete from append_writers`;
    else if (action.do === 'seal')
      await pool`update rollup_state set sealed = greatest(sealed, to_timestamp(${at / SECOND}::float8))`;
    else if (action.do === 'unlogged tables are lost') await loseUnlogged();
    else {
      const rows = inOrder(this.rows(action.batch, at));
      this.record.send(rows);
      this.record.acknowledge(rows, await appendAsOlder(rows));
    }
  }

  async stop(): Promise<void> {
    const all = [...this.servers, ...this.gone];
    for (const { lane } of all) lane.kill();
    await Promise.all(all.map(({ appender }) => appender.close()));
    await Promise.all(all.map(({ lane }) => lane.settle()));
  }

  private async append({ writer, batch, ago }: Append, at: number): Promise<void> {
    const rows = this.rows(batch, at - ago * MINUTE);
    this.record.send(rows);
    let duplicates: number[];
    try {
      duplicates = await this.servers[writer].appender.append(rowsOf(rows));
    } catch (error) {
      // In doubt: it may be stored, now or later.
      if (codeOf(error) !== 'CONNECTION_CLOSED') throw error;
      return;
    }
    this.record.acknowledge(rows, duplicates);
  }

  private async kill(writer: number): Promise<void> {
    const victim = this.servers[writer];
    victim.lane.kill();
    this.gone.push(victim);
    this.servers[writer] = await this.newServer();
  }

  private async newServer() {
    const options = {
      sql: pool,
      turn: () => this.scheduler.schedule(Promise.resolve()),
      nextFate: () => this.fates.next().value,
    };
    const lane = new AdverseLane(options);
    const appender = new Appender({
      write: lane,
      bulk: lane,
      metricIds: new MetricIds(),
      canPack: true,
      seenEveryMs: 1,
    });
    await appender.open().catch((error) => expect(codeOf(error)).toBe('CONNECTION_CLOSED'));
    return { appender, lane };
  }

  private rows(picked: ReadonlyArray<readonly [number, number]>, at: number): Triple[] {
    return picked.map(([series, tick]) => [this.ids[series], this.base + at + tick * SECOND, this.value++]);
  }
}

describe('several servers that append', () => {
  const anyFate = (lossy: boolean) =>
    fc.infiniteStream(
      fc.constantFrom<Fate>(
        ...Array(lossy ? 30 : 1).fill('answered'),
        ...(lossy ? (['answer lost', 'late'] as const) : []),
      ),
    );
  const runOf = async (scheduler: Scheduler, fates: Iterator<Fate>, steps: Action[][]) => {
    const base = EPOCH + runs++ * DAY;
    const { ids } = await makeSeries(bench.store, `written_${runs}`, SERIES);
    const fleet = new Fleet(ids, base, scheduler, fates);
    const work = async () => {
      await fleet.start();
      for (const [i, actions] of steps.entries()) {
        // A step is about the samples of the one before, or about newer ones that overlap with them.
        const at = 3 * 60 * MINUTE + Math.floor(i / 2) * 5 * SECOND;
        await Promise.all(actions.map((action) => fleet.act(action, at)));
      }
    };
    await scheduler.waitFor(work());
    const stopping = fleet.stop();
    await scheduler.waitFor(stopping);
    fleet.record.expectIn(await allSamples(bench.store, { seriesIds: ids }));
  };

  it('store every sample once, whatever comes in what order, from whom and how often', async () => {
    const steps = fc.array(fc.array(append, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(fc.scheduler(), anyFate(false), steps, runOf), {
      numRuns: 60,
      endOnFailure: true,
    });
  }, 300_000);

  it('do so when answers are lost, servers are killed and terms end', async () => {
    const action = fc.oneof({ weight: 8, arbitrary: append }, { weight: 1, arbitrary: trouble });
    const steps = fc.array(fc.array(action, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(fc.scheduler(), anyFate(true), steps, runOf), {
      numRuns: 100,
      endOnFailure: true,
    });
  }, 300_000);
});

/** As servers of versions before terms do when they are not alone: every row is doubted. Rows are in order. */
async function appendAsOlder(rows: readonly Triple[]): Promise<number[]> {
  const column = (i: 0 | 1 | 2) => `{${rows.map((row) => row[i])}}`;
  const [{ duplicates }] = await pool<[{ duplicates: string }]>`
    select array_to_string(append_samples(
      '00000000-0000-0000-0000-00000000000a',
      (select array_agg(metric_id order by n) from unnest(${column(0)}::int[]) with ordinality g(id, n) join series using (id)),
      ${column(0)}::int[], ${column(1)}::float8[], ${column(2)}::float8[],
      ${`{${range(rows.length).map((i) => i + 1)}}`}::int[], false), ',') as duplicates`;
  return duplicates === '' ? [] : duplicates.split(',').map((position) => Number(position) - 1);
}

/** As a crash of the database does. */
async function loseUnlogged(): Promise<void> {
  try {
    await pool`truncate append_writers, append_intents, open_intents, intent_log restart identity`;
  } catch (error) {
    // Whom the database picked to end a deadlock with an append.
    if (codeOf(error) !== '40P01') throw error;
  }
}
