import { createClient } from '@redis/client';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { cacheOperation } from '@/test/support/cache-operations';
import { expectSamePoints } from '@/test/support/expect-points';
import { createTestDatabase, type TestDatabase } from '@/test/support/postgres';
import { until } from '@/test/support/processes';
import { type RedisServer, startRedis } from '@/test/support/redis';
import { createScheduler } from '@/test/support/scheduler';
import { startTcpProxy, type TcpProxy } from '@/test/support/tcp-proxy';
import { startUpstashFront, type UpstashFront } from '@/test/support/upstash-front';
import { guardRedis } from '../../cluster/guarded-redis';
import { openRedisCommands, type RedisCommands } from '../../cluster/redis/commands';
import { parseEnv } from '../../env';
import { DAY, HOUR, MINUTE } from '../../model/time/duration';
import { createFigures } from '../../observe/figures';
import type { BreakerStatus } from '../../runtime/breaker';
import { type OpenStore, openStore } from '../../store/open';
import type { SampleStore, Store, StoreQuestion } from '../../store/store';
import { createRangeCache, type RangeCache } from './range-cache';

const breakers = new Set<BreakerStatus>();
const scheduler = createScheduler();
const figures = createFigures();

const T = Date.UTC(2026, 10, 20);

/** One server's store and cache, and how often it has asked the database for points. */
interface Node {
  store: Store;
  cache: RangeCache;
  redis: RedisCommands;
  reads: StoreQuestion[];
}

let database: TestDatabase;
let redis: RedisServer;
let wire: TcpProxy;
let upstash: UpstashFront;
const opened: OpenStore[] = [];
let nodes: Node[];
let metric = { id: 0, series: [] as number[] };
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  redis = await startRedis();
  wire = await startTcpProxy(redis.port);
  upstash = await startUpstashFront(redis.url);
  const settings = { DATABASE_URL: database.url, STORE_ENGINE: 'postgres', RETENTION_RAW: 'forever' };
  for (let i = 0; i < 2; i++) opened.push(await openStore(parseEnv(settings), () => {}));
});

afterAll(async () => {
  for (const { close } of opened) await close();
  await wire.close();
  await upstash.close();
  await redis.close();
  await database.drop();
});

beforeEach(async () => {
  // Only the first node's wire to Redis can be cut. The second asks the same Redis over Upstash's HTTP.
  const settings = [
    { REDIS_URL: `redis://127.0.0.1:${wire.port}` },
    { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token },
  ];
  nodes = settings.map((each, i) => nodeOf(opened[i].store, openRedisCommands(parseEnv(each))!));
  await until(() => Promise.all(nodes.map((node) => node.redis.ping())));
  const identities = ['a', 'b', 'c'].map((host) => ({ metric: `metric_${made}`, labels: { host } }));
  made++;
  const stored = await opened[0].store.catalogue.ensure(identities);
  metric = { id: stored[0].metricId, series: stored.map(({ id }) => id) };
});

afterEach(async () => {
  wire.heal();
  for (const node of nodes) await node.redis.close();
});

function nodeOf(store: Store, client: RedisCommands): Node {
  const reads: StoreQuestion[] = [];
  const counted: Pick<SampleStore, 'readPoints' | 'readClosed'> = {
    readClosed: (metricId) => store.samples.readClosed(metricId),
    readPoints(question) {
      reads.push(question);
      return store.samples.readPoints(question);
    },
  };
  return {
    store,
    reads,
    redis: client,
    cache: createRangeCache({ stored: counted, redis: client, scheduler, figures }),
  };
}

const write = (node: Node, ...samples: Array<[series: number, at: number, value: number]>) =>
  node.store.samples.append({
    seriesIds: samples.map(([series]) => metric.series[series]),
    timestamps: samples.map(([, at]) => at),
    values: samples.map(([, , value]) => value),
  });

function question(over: Partial<StoreQuestion> = {}): StoreQuestion {
  return {
    metricId: metric.id,
    groups: [metric.series.slice(0, 2), metric.series.slice(2)],
    wholeMetric: true,
    aggregates: ['sum', 'max'],
    start: T,
    end: T + 2 * HOUR,
    step: MINUTE,
    ...over,
  };
}

/** What the cache says, which is what the database says. */
async function ask(node: Node, asked: StoreQuestion) {
  const answer = await node.cache.readPoints(asked);
  const truth = await node.store.samples.readPoints(asked);
  for (const [i, points] of answer.groups.entries()) expectSamePoints(points, truth.groups[i]);
  return answer;
}

/** What is read is kept in the background. */
const untilKept = (node: Node, asked: StoreQuestion) =>
  until(async () => expect((await ask(node, asked)).tier).toBe('cache'));

const minutely = (count: number) =>
  Array.from({ length: count }, (_, i): [number, number, number] => [i % 3, T + i * MINUTE + i, i]);

it('asks the database for the tail only, whichever node has asked before', async () => {
  const [a, b] = nodes;
  await write(a, ...minutely(130));
  await a.store.upkeep.maintain(T + 2 * HOUR);
  expect((await ask(a, question({ end: T + HOUR }))).tier).toBe('minute');
  await untilKept(b, question({ end: T + HOUR }));
  // All of it: what was read is kept block by block.
  await until(async () => {
    b.reads.length = 0;
    await ask(b, question({ end: T + HOUR }));
    expect(b.reads).toEqual([]);
  });
  // Later, and a little further: the page has slid on.
  await untilKept(b, question({ start: T + 10 * MINUTE, end: T + 100 * MINUTE }));
  expect(b.reads[0]).toMatchObject({ start: T + HOUR, end: T + 100 * MINUTE });
  b.reads.length = 0;
  await ask(b, question({ start: T + 20 * MINUTE, end: T + 100 * MINUTE }));
  expect(b.reads).toEqual([]);
  // What is not closed yet is never kept.
  for (let i = 0; i < 3; i++) await ask(a, question({ end: T + 3 * HOUR }));
  expect(a.reads.at(-1)!.start).toBeLessThanOrEqual(T + 2 * HOUR);
  await write(a, [0, T + 2 * HOUR + 1, 5]);
  await ask(b, question({ end: T + 3 * HOUR }));
});

it('a late sample given to one node is in the answer of the other at once, also when Redis could not be reached', async () => {
  const [a, b] = nodes;
  await write(a, ...minutely(120));
  await a.store.upkeep.maintain(T + 3 * HOUR);
  await untilKept(b, question());
  await write(a, [1, T + 30 * MINUTE + 5, 1_000]);
  const [points] = (await ask(b, question())).groups;
  expect(points.find(([t]) => t === T + 30 * MINUTE)).toEqual([T + 30 * MINUTE, 1_030, 1_000]);
  await untilKept(b, question());

  wire.cut();
  await write(a, [1, T + 40 * MINUTE + 5, 2_000]);
  expect((await ask(b, question())).groups[0].find(([t]) => t === T + 40 * MINUTE)?.[2]).toBe(2_000);
  wire.heal();
  await redis.kill();
  await write(a, [1, T + 50 * MINUTE + 5, 3_000]);
  await ask(b, question());
  await redis.start();
  await untilKept(b, question());
  await untilKept(a, question());
});

it('does not wait for a Redis that takes connections and never answers, and finds it again', async () => {
  const redisBehindBreaker = guardRedis(nodes[0].redis, breakers, 300);
  const a = {
    ...nodes[0],
    cache: createRangeCache({
      stored: nodes[0].store.samples,
      redis: redisBehindBreaker,
      scheduler,
      figures,
    }),
  };
  await write(a, ...minutely(120));
  await a.store.upkeep.maintain(T + 3 * HOUR);
  await untilKept(a, question());
  wire.swallow();
  const asked = vi.spyOn(nodes[0].redis, 'get');
  for (let i = 0; i < 20; i++) await ask(a, question());
  // Three that run out of patience, and after that nobody but who happens to come when it is tried again.
  const [{ opened }] = breakers;
  expect(opened).toBeGreaterThan(0);
  expect(asked.mock.calls.length).toBeLessThanOrEqual(3 + opened);
  wire.heal();
  await untilKept(a, question());
  expect([...breakers]).toMatchObject([{ name: 'redis', state: 'closed' }]);
  await redisBehindBreaker.close();
});

it('takes nothing for an answer that it has not written itself, and recalls what it knows', async () => {
  const [a] = nodes;
  await write(a, ...minutely(120));
  await a.store.upkeep.maintain(T + 3 * HOUR);
  expect(await a.cache.readCached(question())).toEqual([[], []]);
  await untilKept(a, question());
  expect(await a.cache.readCached(question())).toEqual((await a.store.samples.readPoints(question())).groups);
  const spoiled: Node = {
    ...a,
    cache: createRangeCache({
      scheduler,
      figures,
      stored: a.store.samples,
      redis: {
        async get(keys) {
          const whole = await a.redis.get(keys);
          const spoil = [
            () => 'no json',
            () => '{}',
            () => '[1,2,[[]]]',
            (text: string) => text.replace(']]]', ',9]]]'),
          ];
          return whole.map((text, i) => text && spoil[i % spoil.length](text));
        },
        set: async () => {},
      },
    }),
  };
  expect((await ask(spoiled, question())).tier).toBe('minute');
});

it('answers what the database answers, whatever comes late, and whatever becomes of Redis', async () => {
  let run = 0;
  let fromCache = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(cacheOperation, { minLength: 40, maxLength: 80 }), async (operations) => {
      // A day of its own for each run, so that upkeep of one does not hasten that of the next.
      const day = T + ++run * DAY;
      await write(
        nodes[0],
        ...minutely(200).map(([s, t, v]): [number, number, number] => [s, t - T + day, v]),
      );
      await nodes[0].store.upkeep.maintain(day + HOUR);
      for (const op of operations) {
        if (op.do === 'late') await write(nodes[op.node], [op.series, day + op.at, op.value]);
        else if (op.do === 'maintain') await nodes[0].store.upkeep.maintain(day + op.at);
        else if (op.do === 'flush') await flush();
        else if (op.do === 'cut') wire.cut();
        else if (op.do === 'heal') await heal();
        else {
          const { step, aggregates } = op;
          const start = day + op.start * step;
          const range = { start, end: start + op.steps * step, step, aggregates };
          if ((await ask(nodes[op.node], question(range))).tier === 'cache') fromCache++;
        }
      }
      await heal();
    }),
    { numRuns: 10 },
  );
  expect(fromCache).toBeGreaterThan(10);
});

async function flush(): Promise<void> {
  const client = createClient({ url: redis.url });
  client.on('error', () => {});
  await client.connect();
  await client.flushAll();
  client.destroy();
}

async function heal(): Promise<void> {
  wire.heal();
  await until(() => nodes[0].redis.ping());
}
