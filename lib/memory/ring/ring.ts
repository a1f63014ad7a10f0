import { COUNTER_GAP_MS, type SampleColumns, type SampleRows } from '../../model/samples';
import type { Metric, Series } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { Lacking, type LackingSamples } from './lacking';
import { LastSamples } from './last-samples';
import type { SampleBuffer } from './sample-buffer';
import { SeriesBuffer, type Successor } from './series-buffer';

export interface RingOptions {
  windowMs: number;
  maxBytes: number;
  /** Epoch ms of this process's start: of what was committed before, the ring learns by `refill`. */
  startedAt: number;
  /**
   * Whether other nodes commit too. Then the ring vouches for nothing by itself, only for the metrics claimed: those
   * of which this node hears everything.
   */
  shared?: boolean;
}

/** Every buffer is trimmed once in so many evictions: a walk over a million of them at once would be felt. */
const EVICTIONS_PER_SWEEP = 20;
/** The last samples of silent series take no more than this share of the memory there is. */
const SILENT_SHARE = 1 / 16;

/**
 * The last minutes of every series, in memory. It holds committed samples only, and **all** committed samples
 * with a timestamp at or after `coveredFrom`: inside that range it answers as the database would. Where other nodes
 * commit too, that holds per metric, from `coveredSince` on.
 *
 * Of what is older it keeps the newest sample of each series, which a counter goes on from. Of series for which it has
 * none it cannot tell whether there is one, until it is told (`lackingSamples`, `settle`).
 */
export class Ring {
  private readonly buffers = new Map<number, SeriesBuffer>();
  /** The last samples of series that have none in the window, of those for which the ring vouches. */
  private readonly silent = new LastSamples();
  private readonly lacking = new Lacking();
  private readonly windowMs: number;
  private readonly maxBytes: number;
  /** What is older is not taken in. Before the refill is done, this is earlier than what is vouched for. */
  private keptFrom: number;
  private vouchedFrom: number;
  private heldBytes = 0;
  private sweeping = this.buffers.entries();
  /** By metric id, since when every sample committed anywhere is here; null where this is the only node. */
  private readonly claims: Map<number, number> | null;

  constructor({ windowMs, maxBytes, startedAt, shared = false }: RingOptions) {
    this.claims = shared ? new Map() : null;
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
    this.keptFrom = startedAt - windowMs;
    this.vouchedFrom = startedAt;
  }

  get coveredFrom(): number {
    return this.vouchedFrom;
  }

  /**
   * From here on, epoch ms, the ring holds every committed sample of this metric; Infinity: it cannot tell.
   * A metric without an id has no samples that this node knows of.
   */
  coveredSince(metricId: number | undefined): number {
    if (!this.claims) return this.vouchedFrom;
    return Math.max(this.keptFrom, this.claims.get(metricId ?? 0) ?? Number.POSITIVE_INFINITY);
  }

  /**
   * From here on, epoch ms, the ring also knows of every sample of this metric what a counter would go on from: the
   * sample before it in its series, or that there is none.
   */
  growthSince(metricId: number | undefined): number {
    const covered = this.coveredSince(metricId);
    return metricId === undefined ? covered : Math.max(covered, this.lacking.until(metricId) + 1);
  }

  /** What to ask the database for so that `growthSince` is earlier, of `most` series; null when nothing would help. */
  lackingSamples(metricId: number, most: number): LackingSamples | null {
    return this.lacking.samples(metricId, this.coveredSince(metricId), most);
  }

  /** Takes in what was asked for; a series without a sample in `found` has none that a counter would go on from. */
  settle(asked: LackingSamples, { seriesIds, timestamps, values }: SampleRows): void {
    const places = new Map(seriesIds.map((id, i) => [id, i]));
    for (const buffer of this.lacking.stillLacking(asked)) {
      const place = places.get(buffer.series.id);
      if (place !== undefined) this.put(buffer, timestamps[place], values[place]);
      const from = place === undefined ? asked.before - COUNTER_GAP_MS : timestamps[place];
      buffer.knownFrom = Math.min(buffer.knownFrom, from);
      this.judge(buffer);
    }
  }

  /** From now on the ring is told of every sample of this metric, and holds all since `from` already. */
  claim(metric: Metric, from: number): void {
    if (!this.claims) return;
    const isFirst = !this.claims.has(metric.id);
    this.claims.set(metric.id, from);
    for (const series of metric.series) {
      // What is here from before may not be all there was.
      series.isNew &&= !isFirst;
      const buffer = this.buffers.get(series.id);
      if (!buffer) continue;
      buffer.knownFrom = Math.min(buffer.knownFrom, from);
      this.judge(buffer);
    }
  }

  /** Samples of this metric may be missing from now on. */
  disclaim(metric: Metric): void {
    if (!this.claims?.delete(metric.id)) return;
    this.lacking.forgetMetric(metric.id);
    for (const { id } of metric.series) {
      this.silent.delete(id);
      const buffer = this.buffers.get(id);
      if (buffer) buffer.knownFrom = Number.POSITIVE_INFINITY;
    }
  }

  /** A sample of this series from before the window may be stored that this process was not told of. */
  distrust(series: Series): void {
    series.isNew = false;
    this.silent.delete(series.id);
    this.lacking.discardAnswers(series.metric.id);
    const buffer = this.buffers.get(series.id);
    if (!buffer) return;
    buffer.knownFrom = Math.max(buffer.knownFrom, this.coveredSince(series.metric.id));
    this.judge(buffer);
  }

  get bytes(): number {
    return this.heldBytes + this.silent.bytes;
  }

  /** Series with samples here. */
  get seriesCount(): number {
    return this.buffers.size;
  }

  /** Whether a sample of this age belongs here once it is committed. */
  keeps(timestamp: number): boolean {
    return timestamp >= this.keptFrom;
  }

  /**
   * Takes in samples of any age and order; those already here are passed over, and those too old but for what a counter
   * goes on from.
   */
  add({ series, timestamps, values }: SampleColumns): void {
    for (let i = 0; i < series.length; i++) {
      const timestamp = timestamps[i];
      const isFirst = series[i].isNew && series[i].lastSeen === 0;
      if (timestamp > series[i].lastSeen) series[i].lastSeen = timestamp;
      this.insert(series[i], timestamp, values[i], isFirst);
    }
  }

  /**
   * Takes in what the database holds from before this process, then vouches for everything since `from`.
   * Pages may come in any order, and samples be added meanwhile: what the reading missed has been added.
   */
  async refill(from: number, pages: AsyncIterable<SampleColumns>) {
    for await (const page of pages) this.add(page);
    // Not before `keptFrom`: what has been let go since the reading began is gone.
    this.vouchedFrom = Math.min(this.vouchedFrom, Math.max(from, this.keptFrom));
    for (const buffer of this.buffers.values()) {
      buffer.knownFrom = Math.min(buffer.knownFrom, this.vouchedFrom);
      this.judge(buffer);
    }
  }

  /**
   * The samples of one series, ascending, beginning with the newest from before the window where that is known; undefined
   * when it has none in the window. A view: read it before the next `add`.
   */
  samples(seriesId: number): SampleBuffer | undefined {
    return this.buffers.get(seriesId);
  }

  /** The first sample of a series after a committed one. */
  successorOf(seriesId: number, timestamp: number): Successor {
    const buffer = this.buffers.get(seriesId);
    if (buffer) return buffer.successorOf(timestamp);
    return {
      timestamp: Number.POSITIVE_INFINITY,
      isCertain: this.silent.timestampOf(seriesId) === timestamp,
    };
  }

  /** Whether this very sample is here. Only inside the covered range does `false` mean it was never committed. */
  has(seriesId: number, timestamp: number): boolean {
    return this.buffers.get(seriesId)?.has(timestamp) ?? false;
  }

  /** Lets go of what is older than the window, or of more where memory is short. Called about once a second. */
  evict(now: number): void {
    this.letGoBefore(now - this.windowMs);
    this.sweep(Math.ceil(this.buffers.size / EVICTIONS_PER_SWEEP), false);
    this.silent.trim(this.keptFrom - COUNTER_GAP_MS, this.maxBytes * SILENT_SHARE);
    // Over the limit: give up the oldest tenth of the range until it fits, rather than some series entirely.
    while (this.bytes > this.maxBytes && this.keptFrom < now) {
      this.letGoBefore(Math.min(now, this.keptFrom + Math.max(SECOND, (now - this.keptFrom) / 10)));
      this.sweep(this.buffers.size, true);
      this.silent.trim(this.keptFrom - COUNTER_GAP_MS, this.maxBytes * SILENT_SHARE);
    }
  }

  private letGoBefore(timestamp: number): void {
    this.keptFrom = Math.max(this.keptFrom, timestamp);
    this.vouchedFrom = Math.max(this.vouchedFrom, this.keptFrom);
  }

  /** Trims the next `count` buffers, going round. */
  private sweep(count: number, tightly: boolean): void {
    for (let i = 0; i < count; i++) {
      let next = this.sweeping.next();
      if (next.done) {
        this.sweeping = this.buffers.entries();
        next = this.sweeping.next();
        if (next.done) return;
      }
      this.trim(next.value[1], tightly);
    }
  }

  private trim(buffer: SeriesBuffer, tightly: boolean): void {
    const { id } = buffer.series;
    this.heldBytes -= buffer.bytes;
    buffer.dropBefore(this.keptFrom, tightly);
    const last = buffer.end - 1;
    if (buffer.timestampAt(last) >= this.keptFrom) {
      this.heldBytes += buffer.bytes;
      this.judge(buffer);
      return;
    }
    this.buffers.delete(id);
    this.lacking.forget(buffer);
    if (buffer.knownFrom <= buffer.timestampAt(last))
      this.silent.set(id, buffer.timestampAt(last), buffer.valueAt(last));
  }

  private insert(series: Series, timestamp: number, value: number, isFirst: boolean): void {
    const known = this.buffers.get(series.id);
    if (!known && timestamp < this.keptFrom) {
      this.insertSilent(series, timestamp, value, isFirst);
      return;
    }
    const buffer = known ?? this.open(series, isFirst);
    const isNewest = buffer.hasSince(buffer.knownFrom) && timestamp > buffer.timestampAt(buffer.end - 1);
    this.put(buffer, timestamp, value);
    // What is newer than all that is known changes nothing in what came before them.
    if (!isNewest) this.judge(buffer);
  }

  /** Of a series without samples in the window only the last is kept, where it is known that it is the last. */
  private insertSilent({ id, metric }: Series, timestamp: number, value: number, isFirst: boolean): void {
    const last = this.silent.timestampOf(id);
    const isKnown = last !== undefined || (isFirst && this.vouches(metric.id));
    if (isKnown && timestamp > (last ?? 0)) this.silent.set(id, timestamp, value);
  }

  private open(series: Series, isFirst: boolean): SeriesBuffer {
    const buffer = new SeriesBuffer(series);
    this.buffers.set(series.id, buffer);
    this.heldBytes += buffer.bytes;
    const last = this.silent.take(series.id);
    if (last) {
      this.put(buffer, last.timestamp, last.value);
      buffer.knownFrom = last.timestamp;
    } else if (isFirst && this.vouches(series.metric.id)) {
      buffer.knownFrom = Number.NEGATIVE_INFINITY;
    } else {
      buffer.knownFrom = this.coveredSince(series.metric.id);
    }
    return buffer;
  }

  private put(buffer: SeriesBuffer, timestamp: number, value: number): void {
    this.heldBytes -= buffer.bytes;
    buffer.insert(timestamp, value);
    if (timestamp < this.keptFrom) buffer.dropBefore(this.keptFrom);
    this.heldBytes += buffer.bytes;
  }

  private vouches(metricId: number): boolean {
    return this.coveredSince(metricId) !== Number.POSITIVE_INFINITY;
  }

  private judge(buffer: SeriesBuffer): void {
    this.lacking.judge(buffer, this.coveredSince(buffer.series.metric.id));
  }
}
