import type { Bus, MetricWatcher } from '../../cluster/bus/bus';
import { isPulseError } from '../../model/errors';
import type { SampleColumns } from '../../model/samples';
import type { Metric } from '../../model/series';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import type { Ring } from './ring';

/** Samples usually arrive within this of their timestamp, so this much is read before anything can be shown. */
const TAIL_MS = 30 * SECOND;
/** The rest of the window is read backwards in pieces of this length. */
const PIECE_MS = MINUTE;
/** While other nodes cannot be heard, the tail of what is watched is read this often at most, ms. */
const POLL_MS = 2 * SECOND;
/** Reading takes no more than this share of the time. */
const SHARE = 0.2;
/** A metric nobody watches any more is kept this long: people reload pages. */
const LINGER_MS = MINUTE;

/**
 * Where several nodes commit: brings the ring what other nodes committed, of the metrics that somebody on this node
 * watches. Alone, the ring is complete by itself.
 */
export interface RingSync {
  /** Keeps this metric complete until the returned off-switch is called. */
  watch(metric: Metric): () => void;
  /** Metrics the ring vouches for at the moment. */
  readonly complete: number;
  close(): void;
}

export interface RingSyncOptions {
  bus: Pick<Bus, 'samples' | 'watch' | 'status'>;
  ring: Ring;
  stored: Pick<SampleStore, 'readSamples'>;
  /** Learns of series that other nodes created. */
  learn(): Promise<void>;
  /** Called when a metric begins to be heard, at first or again: samples of any age may have been missed before. */
  onMissed?(metric: Metric): void;
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
    ring.disclaim(metric);
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

/** One watched metric: hears of it from the bus, and reads from the database what the bus did not bring. */
class WatchedMetric implements MetricWatcher {
  isComplete = false;
  private turn = 0;

  constructor(
    readonly metric: Metric,
    private readonly options: RingSyncOptions,
    private readonly reader: TailReader,
  ) {}

  resync(): void {
    this.doubt();
    this.reader.forget(this.metric);
    void this.fill(this.turn);
  }

  disconnected(): void {
    this.doubt();
    this.reader.poll(this.metric);
  }

  close(): void {
    this.turn++;
    this.reader.forget(this.metric);
  }

  private doubt(): void {
    this.turn++;
    this.isComplete = false;
    this.options.ring.disclaim(this.metric);
  }

  /**
   * Everything from now on is heard, so what the database holds now is all that can be missing. The newest part
   * first, so that the ring is of use soon; then the rest of the window, piece by piece.
   */
  private async fill(turn: number): Promise<void> {
    const { ring, now = Date.now, tailMs = TAIL_MS } = this.options;
    for (let pauseMs = 200; this.turn === turn; pauseMs = Math.min(5 * SECOND, pauseMs * 2)) {
      try {
        let from = now() - tailMs;
        await this.options.learn();
        await this.reader.read([this.metric], from, Number.MAX_SAFE_INTEGER);
        if (this.turn !== turn) return;
        ring.claim(this.metric, from);
        this.isComplete = true;
        this.options.onMissed?.(this.metric);
        while (this.turn === turn && ring.keeps(from)) {
          const began = performance.now();
          const to = from;
          from = to - PIECE_MS;
          await this.reader.read([this.metric], from, to);
          if (this.turn !== turn) return;
          ring.claim(this.metric, from);
          await pause((performance.now() - began) * (1 / SHARE - 1));
        }
        return;
      } catch (error) {
        report(error);
        await pause(pauseMs);
      }
    }
  }
}

/** Reads ranges of metrics from the database into the ring, and again and again while they cannot be heard. */
class TailReader {
  private readonly unheard = new Set<Metric>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: RingSyncOptions) {}

  /** Brings `[start, end)` of these metrics; what was not here yet is told to everyone who listens. */
  async read(metrics: readonly Metric[], start: number, end: number): Promise<void> {
    const { stored, ring, bus } = this.options;
    const series = new Map(
      metrics.flatMap((metric) => metric.series.map((each) => [each.id, each] as const)),
    );
    if (series.size === 0) return;
    for await (const page of stored.readSamples({ start, end, seriesIds: [...series.keys()] })) {
      const found: SampleColumns = { series: [], timestamps: [], values: [] };
      for (let i = 0; i < page.seriesIds.length; i++) {
        if (ring.has(page.seriesIds[i], page.timestamps[i]) || !ring.keeps(page.timestamps[i])) continue;
        found.series.push(series.get(page.seriesIds[i])!);
        found.timestamps.push(page.timestamps[i]);
        found.values.push(page.values[i]);
      }
      if (found.series.length === 0) continue;
      ring.add(found);
      bus.samples.publishLocally(found);
    }
  }

  poll(metric: Metric): void {
    this.unheard.add(metric);
    this.schedule(0);
  }

  forget(metric: Metric): void {
    this.unheard.delete(metric);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(tookMs: number): void {
    if (this.closed || this.timer || this.unheard.size === 0) return;
    const { pollMs = POLL_MS } = this.options;
    this.timer = setTimeout(() => void this.pollOnce(), Math.max(pollMs, tookMs / SHARE));
  }

  private async pollOnce(): Promise<void> {
    const { now = Date.now, tailMs = TAIL_MS, learn } = this.options;
    const began = performance.now();
    try {
      await learn();
      await this.read([...this.unheard], now() - tailMs, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      report(error);
    }
    this.timer = undefined;
    this.schedule(performance.now() - began);
  }
}

function report(error: unknown): void {
  const isAway = isPulseError(error) && error.code === 'database_unavailable';
  if (isAway) log().warn({ reason: error.message }, 'samples of other nodes not read yet');
  else log().error({ err: error }, 'samples of other nodes not read; trying again');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
