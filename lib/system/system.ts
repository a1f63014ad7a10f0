import type { Auth } from '../access/auth/auth';
import type { Bus } from '../cluster/bus/bus';
import { isShared } from '../cluster/bus/is-shared';
import { openBus, openTransport } from '../cluster/bus/open';
import type { RedisCommands } from '../cluster/redis/commands';
import { createTopics, type Topics } from '../cluster/topics/topics';
import type { Env } from '../env';
import { createLive, type Live } from '../live/live';
import { Registry } from '../memory/catalogue/registry';
import { createCatalogueSync } from '../memory/catalogue/sync';
import { Ring } from '../memory/ring/ring';
import { createRingSync, type RingSync } from '../memory/ring/ring-sync';
import { createAllMetricsWatch } from '../memory/ring/watch-all';
import type { SampleColumns, SampleRows } from '../model/samples';
import { MINUTE, SECOND } from '../model/time/duration';
import type { Figures } from '../observe/figures';
import { log } from '../observe/log';
import { Fleet } from '../read/fleet/fleet';
import { publishFleet } from '../read/fleet/fleet-topic';
import { createHistory, type History } from '../read/history';
import { recordsOn } from '../records/database';
import { type EventLog, openEventLog } from '../records/event-log';
import { openRecords, type Records } from '../records/records';
import type { BreakerStatus } from '../runtime/breaker';
import { OffSwitches } from '../runtime/off-switches';
import type { Scheduler } from '../runtime/work/scheduler';
import { guardStore } from '../store/guarded-store';
import { type OpenStore, openStore, untilThere } from '../store/open';
import type { Store } from '../store/store';
import type { Clients } from '../write/clients/clients';
import { ClientsOfNodes } from '../write/clients/clients-of-nodes';
import { createEvents, type Events } from '../write/events/events';
import { Forwarding } from '../write/forward/forwarding';
import type { Relays } from '../write/forward/relays';
import { createPipeline, type Pipeline } from '../write/pipeline';
import { ScrapingNodes } from '../write/scrape/nodes';
import { Scraping, type ScrapingParts } from '../write/scrape/scraping';
import { Segments } from '../write/spool/segments';
import { createSpooledPipeline, type SpoolFigures } from '../write/spool/spooled-pipeline';
import { startUpkeep } from '../write/upkeep';

/** Nodes send each other new series; this is for when they cannot. */
const LEARN_EVERY_MS = 10 * SECOND;

/** Clocks of nodes may be some seconds apart, and a message between them takes its time. */
const CURSOR_SLACK_MS = 10 * SECOND;

/** What a system is given by the server it belongs to. */
export interface SystemParts {
  settings: Env;
  auth: Auth;
  redis: RedisCommands | null;
  breakers: Set<BreakerStatus>;
  figures: Figures;
  clients: Clients;
  scheduler: Scheduler;
  relays: Relays;
  /** Aborted when the server stops. */
  drain: AbortController;
}

/** The parts of a running node, wired once. */
export interface System {
  readonly store: Store;
  readonly records: Records;
  readonly registry: Registry;
  readonly ring: Ring;
  readonly bus: Bus;
  readonly topics: Topics;
  readonly ringSync: RingSync;
  readonly pipeline: Pipeline;
  readonly events: Events;
  readonly eventLog: EventLog;
  /** What waits on this machine's disk for the database; null without SPOOL_DIR. */
  readonly spool: SpoolFigures | null;
  /** Who sends to this node and to others. */
  readonly clientsOfNodes: ClientsOfNodes;
  /** The targets that are scraped; null without SCRAPE_CONFIG. */
  readonly scraping: Scraping | null;
  /** Where samples are forwarded to; null without FORWARD_URL and FORWARD_CONFIG. */
  readonly forwarding: Forwarding | null;
  readonly history: History;
  readonly live: Live;
  readonly fleet: Fleet;
  /** Where the data lies, for people: a folder or a database's address without its password. */
  readonly location: string;
  /** Which engine stores the samples, and why: a sentence for people. */
  readonly engineReason: string;
  close(): Promise<void>;
}

/**
 * Starts a system and resolves when it can take samples; `notice` is called with what it waits for.
 *
 * @throws Error when it cannot start: then nothing of it is left running
 */
export async function startSystem(parts: SystemParts, notice: (reason: string) => void): Promise<System> {
  const offSwitches = new OffSwitches();
  try {
    return await start(parts, notice, offSwitches);
  } catch (error) {
    await offSwitches.close().catch((err) => log().warn({ err }, 'what had started did not end in order'));
    throw error;
  }
}

/** In the order in which the parts need each other: they end in the reverse one. */
async function start(
  { settings, auth, redis, breakers, figures, clients, scheduler, relays, drain }: SystemParts,
  notice: (reason: string) => void,
  offSwitches: OffSwitches,
): Promise<System> {
  // First: the server must not start where another has the folder.
  const segments = settings.SPOOL_DIR ? await Segments.open(settings.SPOOL_DIR) : null;
  if (segments) offSwitches.add(() => segments.close());
  const registry = new Registry();
  const forwarding = await Forwarding.open({ settings, registry, relays });
  offSwitches.add(() => forwarding?.close());
  const opened = await openStore(settings, notice);
  offSwitches.add(() => opened.close());
  const { location, engineReason } = opened.description;
  const guarded = guardStore(forwarding ? withQueue(opened, forwarding) : opened, breakers);
  const { store } = guarded;
  offSwitches.add(guarded.stop);
  const records = openRecords(recordsOn(guarded.records));
  const eventLog = openEventLog({
    write: recordsOn(guarded.events.write),
    read: recordsOn(guarded.events.read),
  });

  notice('Reading the catalogue of series.');
  const sessions = auth.viewers.key ? auth.endedSessions : undefined;
  const read = async () => {
    for await (const page of store.catalogue.load()) for (const stored of page) registry.add(stored);
    await sessions?.sync(records.endedSessions, Date.now());
  };
  await untilThere(read, location, notice);
  // Queued are ids of series, which are known now.
  forwarding?.start();

  const windowMs = settings.RING_MINUTES * MINUTE;
  const startedAt = Date.now();
  const shared = isShared(settings);
  const ring = new Ring({ windowMs, maxBytes: settings.RING_MAX_BYTES, startedAt, shared });
  const catalogue = createCatalogueSync({ catalogue: store.catalogue, registry });
  offSwitches.add(() => catalogue.close());
  const learn = () => catalogue.learn();
  const transport = openTransport(settings);
  const bus = openBus(transport, { series: catalogue, onReceived: (samples) => ring.add(samples) });
  offSwitches.add(() => bus.close());
  const topics = createTopics({ transport });
  offSwitches.add(() => topics.close());
  const clientsOfNodes = new ClientsOfNodes(clients, topics);
  offSwitches.add(() => clientsOfNodes.close());
  // It ends after the last commit: it records when each series was last seen.
  offSwitches.add(
    startUpkeep({ store, registry, ring, sessions, records, events: { log: eventLog, settings } }),
  );
  // In the background: until it is done, questions about before the start go to the database. Where other nodes
  // write too, the ring is filled per metric instead, when somebody looks at it.
  const refilled = shared ? Promise.resolve() : refillRing(ring, store, registry, startedAt - windowMs);
  offSwitches.add(() => refilled);

  const direct = createPipeline({ env: settings, store, registry, ring, channel: bus.samples, figures });
  const spooled = segments && openSpool(settings, direct, segments);
  const pipeline = spooled ?? direct;
  offSwitches.add(() => pipeline.close());
  const events = createEvents({ env: settings, log: eventLog, pipeline, registry, topics, figures });
  offSwitches.add(() => events.close());
  const scraping = await startScraping(settings, { pipeline, figures, clients, records });
  offSwitches.add(() => scraping?.close());
  const ringSync = createRingSync({
    bus,
    ring,
    stored: store.samples,
    learn,
    onResynced: (metric) => live.queries.resync(metric),
  });
  offSwitches.add(() => ringSync.close());
  const allMetrics = createAllMetricsWatch(ringSync, registry);
  offSwitches.add(() => allMetrics.close());
  const history = createHistory({
    env: settings,
    store,
    registry,
    ring,
    redis,
    learn: shared ? learn : undefined,
    scheduler,
    figures,
  });
  const fleet = new Fleet({
    registry,
    ring,
    channel: bus.samples,
    onRefresh: shared ? allMetrics.renew : undefined,
    scheduler,
  });
  offSwitches.add(() => fleet.close());
  offSwitches.add(publishFleet(topics, () => fleet.size));
  const live = createLive({
    registry,
    ring,
    bus,
    topics,
    history,
    database: store.database,
    ringSync,
    scheduler,
    cursorSlackMs: shared ? CURSOR_SLACK_MS : 0,
    maxStreams: settings.MAX_STREAMS,
    replayMs: windowMs,
    signal: drain.signal,
  });
  offSwitches.add(() => live.close());
  const learning = shared ? setInterval(() => learn().catch(notLearned), LEARN_EVERY_MS) : undefined;
  offSwitches.add(() => clearInterval(learning));

  return {
    store,
    records,
    registry,
    ring,
    bus,
    topics,
    ringSync,
    pipeline,
    events,
    eventLog,
    clientsOfNodes,
    get spool() {
      return spooled?.spool ?? null;
    },
    scraping,
    forwarding,
    history,
    live,
    fleet,
    location,
    engineReason,
    close: () => offSwitches.close(),
  };
}

function withQueue({ store, ...others }: OpenStore, forwarding: Forwarding): OpenStore {
  return { ...others, store: { ...store, samples: forwarding.queueing(store.samples) } };
}

/** Several nodes may share the targets where they share a database. */
async function startScraping(
  { SCRAPE_CONFIG: path, DATABASE_URL: database }: Env,
  { records, ...parts }: Omit<ScrapingParts, 'path' | 'nodes'> & { records: Records },
): Promise<Scraping | null> {
  if (!path) return null;
  const nodes = database ? new ScrapingNodes(records.scrapingNodes) : null;
  try {
    return await Scraping.start({ path, ...parts, nodes });
  } catch (error) {
    await nodes?.close();
    throw new Error(
      `SCRAPE_CONFIG is ${JSON.stringify(path)}, which cannot be used: ${(error as Error).message}`,
    );
  }
}

function openSpool(settings: Env, pipeline: Pipeline, segments: Segments) {
  const { SPOOL_MAX_BYTES: maxBytes, RETENTION_RAW: retentionMs } = settings;
  return createSpooledPipeline({ pipeline, segments, maxBytes, retentionMs });
}

async function refillRing(ring: Ring, store: Store, registry: Registry, from: number): Promise<void> {
  try {
    await ring.refill(
      from,
      withSeries(store.samples.readSamples({ start: from, end: Number.MAX_SAFE_INTEGER }), registry),
    );
  } catch (error) {
    log().warn({ err: error }, 'ring not refilled; recent history is read from the database');
  }
}

/** Alone, this process knows every series that has samples. */
async function* withSeries(
  pages: AsyncIterable<SampleRows>,
  { seriesById }: Registry,
): AsyncGenerator<SampleColumns> {
  for await (const { seriesIds, timestamps, values } of pages)
    yield { series: seriesIds.map((id) => seriesById.get(id)!), timestamps, values };
}

function notLearned(error: unknown): void {
  log().warn({ err: error }, 'series of other nodes not read yet');
}
