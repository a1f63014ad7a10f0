import type { Bus, MetricWatcher } from '../../cluster/bus/bus';
import { isPulseError } from '../../model/errors';
import { selectRows } from '../../model/samples';
import type { Metric } from '../../model/series';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Ring } from './ring';

/** Samples usually arrive within this time of their timestamp, so this much is read first. */
const TAIL_MS = 30 * SECOND;
/** The rest of the window is read backwards, in pieces of this length. */
const PIECE_MS = MINUTE;
/** While messages of other nodes do not arrive, the newest samples of watched metrics are read this often. */
const POLL_MS = 2 * SECOND;
/** The part of the time that reading may take. */
const READING_SHARE = 0.2;
/** A metric stays complete this long after its last watcher left: people reload pages. */
const LINGER_MS = MINUTE;

/**
 * Where several nodes commit: adds samples of other nodes to the ring, for the metrics that somebody on this node
 * watches. A single node's ring is complete by itself.
 */
export interface RingSync {
  /** Keeps the ring complete for this metric until the returned function is called. */
  watch(metric: Metric): () => void;
  /** How many metrics the ring is complete for. */
  readonly complete: number;
  close(): void;
}

export interface RingSyncOptions {
  bus: Pick<Bus, 'samples' | 'watch' | 'status'>;
  ring: Ring;
  stored: Pick<SampleStore, 'readSamples'>;
  /** Reads the series that other nodes created. */
  learn(): Promise<void>;
  /**
   * Called when a metric has become complete, for the first time or again: samples of any age may have been missed
   * before.
   */
  onResynced?(metric: Metric): void;
  tailMs?: number;
  pollMs?: number;
  lingerMs?: number;
  now?: () => number;
}

export function createRingSync(options: RingSyncOptions): RingSync {
  if (!options.bus.status.shared) return { watch: () => () => {}, complete: 0, close: () => {} };
  const { bus, ring, lingerMs = LINGER_MS } = options;
  const reader = new TailReader(options);
  const watched = new Map<
    Metric,
    { watchers: number; sync: WatchedMetric; stop: () => void; timer?: NodeJS.Timeout }
  >();

  function begin(metric: Metric) {
    const sync = new WatchedMetric(metric, options, reader);
    const entry = {
      watchers: 0,
      sync,
      stop: bus.watch(metric, sync),
      timer: undefined as NodeJS.Timeout | undefined,
    };
    watched.set(metric, entry);
    return entry;
  }

  function end(metric: Metric): void {
    const entry = watched.get(metric);
    if (!entry) return;
    clearTimeout(entry.timer);
    watched.delete(metric);
    entry.stop();
    entry.sync.close();
    ring.markIncomplete(metric);
  }

  return {
    watch(metric) {
      const entry = watched.get(metric) ?? begin(metric);
      clearTimeout(entry.timer);
      entry.watchers++;
      let done = false;
      return () => {
        if (done) return;
        done = true;
        entry.watchers--;
        if (entry.watchers === 0) entry.timer = setTimeout(() => end(metric), lingerMs);
      };
    },
    get complete() {
      let complete = 0;
      for (const { sync } of watched.values()) if (sync.isComplete) complete++;
      return complete;
    },
    close() {
      reader.close();
      for (const metric of watched.keys()) end(metric);
    },
  };
}

/** One watched metric: its samples come from the bus; what the bus missed is read from the database. */
class WatchedMetric implements MetricWatcher {
  isComplete = false;
  private version = 0;

  constructor(
    readonly metric: Metric,
    private readonly options: RingSyncOptions,
    private readonly reader: TailReader,
  ) {}

  resync(): void {
    this.markIncomplete();
    this.reader.stopPolling(this.metric);
    void this.fill(this.version);
  }

  disconnected(): void {
    this.markIncomplete();
    this.reader.poll(this.metric);
  }

  close(): void {
    this.version++;
    this.reader.stopPolling(this.metric);
  }

  private markIncomplete(): void {
    this.version++;
    this.isComplete = false;
    this.options.ring.markIncomplete(this.metric);
  }

  /**
   * The bus delivers every sample from now on, so only stored samples can be missing. Reads the newest part first, so
   * that the ring is useful soon; then the rest of the window, piece by piece.
   */
  private async fill(version: number): Promise<void> {
    const { ring, now = Date.now, tailMs = TAIL_MS } = this.options;
    for (let pauseMs = 200; this.version === version; pauseMs = Math.min(5 * SECOND, pauseMs * 2)) {
      try {
        let from = now() - tailMs;
        await this.options.learn();
        await this.reader.read([this.metric], from, Number.MAX_SAFE_INTEGER);
        if (this.version !== version) return;
        ring.markComplete(this.metric, from);
        this.isComplete = true;
        this.options.onResynced?.(this.metric);
        while (this.version === version && ring.keeps(from)) {
          const began = performance.now();
          const to = from;
          from = to - PIECE_MS;
          await this.reader.read([this.metric], from, to);
          if (this.version !== version) return;
          ring.markComplete(this.metric, from);
          await pause((performance.now() - began) * (1 / READING_SHARE - 1));
        }
        return;
      } catch (error) {
        logFailure(error);
        await pause(pauseMs);
      }
    }
  }
}

/** Reads ranges of metrics from the database into the ring; repeatedly while the bus does not deliver them. */
class TailReader {
  private readonly polled = new Set<Metric>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: RingSyncOptions) {}

  /** Reads `[start, end)` of these metrics; publishes on this node what the ring did not have. */
  async read(metrics: readonly Metric[], start: number, end: number): Promise<void> {
    const { stored, ring, bus } = this.options;
    const series = new Map(
      metrics.flatMap((metric) => metric.series.map((each) => [each.id, each] as const)),
    );
    if (series.size === 0) return;
    for await (const page of stored.readSamples({ start, end, seriesIds: [...series.keys()] })) {
      const found = selectRows(
        page,
        series,
        (id, timestamp) => !ring.has(id, timestamp) && ring.keeps(timestamp),
      );
      if (found.series.length === 0) continue;
      ring.add(found);
      bus.samples.publishLocally(found);
    }
  }

  poll(metric: Metric): void {
    this.polled.add(metric);
    this.schedule(0);
  }

  stopPolling(metric: Metric): void {
    this.polled.delete(metric);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(tookMs: number): void {
    if (this.closed || this.timer || this.polled.size === 0) return;
    const { pollMs = POLL_MS } = this.options;
    this.timer = setTimeout(() => void this.pollOnce(), Math.max(pollMs, tookMs / READING_SHARE));
  }

  private async pollOnce(): Promise<void> {
    const { now = Date.now, tailMs = TAIL_MS, learn } = this.options;
    const began = performance.now();
    try {
      await learn();
      await this.read([...this.polled], now() - tailMs, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      logFailure(error);
    }
    this.timer = undefined;
    this.schedule(performance.now() - began);
  }
}

function logFailure(error: unknown): void {
  const isAway = isPulseError(error) && error.code === 'database_unavailable';
  if (isAway) log().warn({ reason: error.message }, 'samples of other nodes not read yet');
  else log().error({ err: error }, 'samples of other nodes not read; trying again');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
