import { createMemoryBus } from '@/lib/cluster/bus/memory';
import type { Transport } from '@/lib/cluster/bus/transport';
import { createTopics } from '@/lib/cluster/topics/topics';
import { parseEnv } from '@/lib/env';
import { createLive } from '@/lib/live/live';
import type { StreamTopic } from '@/lib/live/streams/stream-params';
import { Registry } from '@/lib/memory/catalogue/registry';
import { Ring } from '@/lib/memory/ring/ring';
import type { Labels } from '@/lib/model/labels';
import { alignDown } from '@/lib/model/points';
import { DAY, HOUR, MINUTE } from '@/lib/model/time/duration';
import { createFigures } from '@/lib/observe/figures';
import { createHistory } from '@/lib/read/history';
import { Scheduler } from '@/lib/runtime/work/scheduler';
import { Turns } from '@/lib/runtime/work/turns';
import { openStore } from '@/lib/store/open';
import type { Engine, Store } from '@/lib/store/store';
import { createPipeline } from '@/lib/write/pipeline';
import { ManualClock, settle } from './manual-clock';
import { createTestDatabase } from './postgres';

export interface TestSample {
  name: string;
  labels: Labels;
  timestamp: number;
  value: number;
}

export interface NodeOptions {
  windowMs?: number;
  /** Of the ring; by default the node has always been there, and its ring covers its window. */
  startedAt?: number;
  maxStreams?: number;
  /** To other nodes; by default there are none. */
  transport?: Transport;
  streamTopics?: readonly StreamTopic[];
}

export interface PlaceOptions {
  engine?: Engine;
  /** A database server that has the engine; by default the run's own PostgreSQL. */
  server?: string;
  settings?: Record<string, string>;
}

/**
 * A server without its fronts, on a database of its own: the real store, pipeline, ring, history and live side, with a
 * clock that a test moves. It can be restarted on the same database.
 */
export async function startTestNode({ engine = 'postgres', server, settings = {} }: PlaceOptions = {}) {
  const database = await createTestDatabase(server);
  const env = parseEnv({ DATABASE_URL: database.url, STORE_ENGINE: engine, ...settings });
  const { store: realStore, close: closeStore } = await openStore(env, () => {});
  const { store, idle } = observed(realStore);
  // Behind the real one, which admission goes by, so that a test can move it by hours; far from the edge of anything.
  const clock = new ManualClock(alignDown(Date.now(), DAY) - 2 * DAY + 9 * HOUR + 41 * MINUTE + 12_345);

  async function start({
    windowMs = 10 * MINUTE,
    startedAt,
    maxStreams = 1_000,
    transport,
    streamTopics,
  }: NodeOptions = {}) {
    const registry = new Registry();
    for await (const page of store.catalogue.load()) for (const stored of page) registry.add(stored);
    const ring = new Ring({ windowMs, maxBytes: 2 ** 30, startedAt: startedAt ?? clock.now() - windowMs });
    const bus = createMemoryBus();
    const figures = createFigures();
    const scheduler = new Scheduler({ figures });
    const topics = createTopics({ transport: transport ?? null });
    const pipeline = createPipeline({ env, store, registry, ring, channel: bus.samples, figures });
    const history = createHistory({ env, store, registry, ring, scheduler, figures, clock: clock.now });
    const signal = new AbortController();
    const live = createLive({
      registry,
      ring,
      bus,
      topics,
      streamTopics,
      history,
      database: store.database,
      clock,
      maxStreams,
      replayMs: windowMs,
      scheduler: new Scheduler({ figures, turns: new Turns({ clock: clock.now, cpu: clock.now }) }),
      signal: signal.signal,
    });
    return {
      registry,
      ring,
      bus,
      topics,
      pipeline,
      history,
      live,
      drain: () => signal.abort(),
      write: (...samples: TestSample[]) =>
        pipeline.write({ samples: samples.map((sample, index) => ({ ...sample, index })), errors: [] }),
      async stop() {
        live.close();
        topics.close();
        await transport?.close();
        await pipeline.close();
      },
    };
  }

  return {
    store,
    clock,
    start,
    databaseUrl: database.url,
    /** Resolves when nothing is being read from the store. */
    idle,
    async close() {
      await closeStore();
      await database.drop();
    },
  };
}

export type TestNode = Awaited<ReturnType<Awaited<ReturnType<typeof startTestNode>>['start']>>;

function observed(store: Store): { store: Store; idle(): Promise<void> } {
  const { samples } = store;
  const reads = new Set<Promise<unknown>>();
  function noted<T>(read: Promise<T>): Promise<T> {
    reads.add(read);
    const done = () => reads.delete(read);
    read.then(done, done);
    return read;
  }
  return {
    store: {
      ...store,
      samples: {
        ...samples,
        readPoints: (question, options) => noted(samples.readPoints(question, options)),
        readLast: (question) => noted(samples.readLast(question)),
      },
    },
    async idle() {
      while (reads.size > 0) {
        await Promise.allSettled(reads);
        await settle();
      }
    },
  };
}
