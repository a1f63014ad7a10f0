import { COUNTER_GAP_MS, type SampleColumns, type SampleRows } from '../../model/samples';
import type { Metric, Series } from '../../model/series';
import { SECOND } from '../../model/time/duration';
import { LastSamples } from './last-samples';
import { MissingPredecessors, type PredecessorRequest } from './missing-predecessors';
import type { SampleBuffer } from './sample-buffer';
import { SeriesBuffer, type Successor } from './series-buffer';

export interface RingOptions {
  windowMs: number;
  maxBytes: number;
  /** Start of this process, epoch ms. Samples committed before it come by `refill`. */
  startedAt: number;
  /**
   * Whether other nodes commit too. Then the ring is complete only for the metrics of which this node receives every
   * sample (`markComplete`).
   */
  shared?: boolean;
}

/** Each eviction trims this part of the buffers: to trim a million at once would block the event loop. */
const EVICTIONS_PER_SWEEP = 20;
/** Part of `maxBytes` that the last samples of silent series may take. */
const SILENT_SHARE = 1 / 16;

/**
 * The last minutes of every series, in memory. It holds committed samples only, and **all** committed samples
 * with a timestamp at or after `coveredFrom`: inside that range it answers as the database would. Where other nodes
 * commit too, that holds per metric, from `coveredSince` on.
 *
 * Of older samples it keeps the newest of each series, the *predecessor* that a counter's growth is computed from.
 * Where it does not know whether there is one, the database has to be asked (`missingPredecessors`, `addPredecessors`).
 */
export class Ring {
  private readonly buffers = new Map<number, SeriesBuffer>();
  /** The last samples of series that have none in the window, of metrics that are complete. */
  private readonly silent = new LastSamples();
  private readonly missing = new MissingPredecessors();
  private readonly windowMs: number;
  private readonly maxBytes: number;
  /** Older samples are not kept. Until the refill is done, this is earlier than `coveredStart`. */
  private keptFrom: number;
  private coveredStart: number;
  private heldBytes = 0;
  private sweeping = this.buffers.entries();
  /** By metric id: since when, epoch ms, every sample committed on any node is here; null for a node alone. */
  private readonly completeSince: Map<number, number> | null;

  constructor({ windowMs, maxBytes, startedAt, shared = false }: RingOptions) {
    this.completeSince = shared ? new Map() : null;
    this.windowMs = windowMs;
    this.maxBytes = maxBytes;
    this.keptFrom = startedAt - windowMs;
    this.coveredStart = startedAt;
  }

  get coveredFrom(): number {
    return this.coveredStart;
  }

  /**
   * From here on, epoch ms, the ring holds every committed sample of this metric; Infinity: of no time.
   * `undefined`: a metric that this node does not know.
   */
  coveredSince(metricId: number | undefined): number {
    if (!this.completeSince) return this.coveredStart;
    return Math.max(this.keptFrom, this.completeSince.get(metricId ?? 0) ?? Number.POSITIVE_INFINITY);
  }

  /**
   * From here on, epoch ms, the ring also knows the predecessor of every sample of this metric: the sample before it in
   * its series, or that there is none.
   */
  predecessorsSince(metricId: number | undefined): number {
    const covered = this.coveredSince(metricId);
    return metricId === undefined ? covered : Math.max(covered, this.missing.unknownUntil(metricId) + 1);
  }

  /**
   * Requests unknown predecessors of at most `most` series; null when all are known. They make `predecessorsSince`
   * earlier.
   */
  missingPredecessors(metricId: number, most: number): PredecessorRequest | null {
    return this.missing.request(metricId, this.coveredSince(metricId), most);
  }

  /** Adds what was requested; a series without a sample in the rows has no predecessor. */
  addPredecessors(request: PredecessorRequest, { seriesIds, timestamps, values }: SampleRows): void {
    const places = new Map(seriesIds.map((id, i) => [id, i]));
    for (const buffer of this.missing.stillMissing(request)) {
      const place = places.get(buffer.series.id);
      if (place !== undefined) this.put(buffer, timestamps[place], values[place]);
      const from = place === undefined ? request.before - COUNTER_GAP_MS : timestamps[place];
      buffer.completeFrom = Math.min(buffer.completeFrom, from);
      this.updateMissing(buffer);
    }
  }

  /** The ring receives every sample of this metric from now on, and holds all since `from`. */
  markComplete(metric: Metric, from: number): void {
    if (!this.completeSince) return;
    const isFirst = !this.completeSince.has(metric.id);
    // Samples before that were ignored, wherever they came from: one may be a predecessor.
    const since = Math.max(from, this.keptFrom);
    this.completeSince.set(metric.id, since);
    for (const series of metric.series) {
      // Samples may be missing from the time when the metric was not complete.
      series.isNew &&= !isFirst;
      const buffer = this.buffers.get(series.id);
      if (!buffer) continue;
      buffer.completeFrom = Math.min(buffer.completeFrom, since);
      this.updateMissing(buffer);
    }
  }

  /** Samples of this metric may be missing from now on. */
  markIncomplete(metric: Metric): void {
    if (!this.completeSince?.delete(metric.id)) return;
    this.missing.forgetMetric(metric.id);
    for (const { id } of metric.series) {
      this.silent.delete(id);
      const buffer = this.buffers.get(id);
      if (buffer) buffer.completeFrom = Number.POSITIVE_INFINITY;
    }
  }

  /** The database may hold an older sample of this series that this process did not see. */
  forgetPredecessors(series: Series): void {
    series.isNew = false;
    this.silent.delete(series.id);
    this.missing.discardAnswers(series.metric.id);
    const buffer = this.buffers.get(series.id);
    if (!buffer) return;
    buffer.completeFrom = Math.max(buffer.completeFrom, this.coveredSince(series.metric.id));
    this.updateMissing(buffer);
  }

  get bytes(): number {
    return this.heldBytes + this.silent.bytes;
  }

  /** Series with samples here. */
  get seriesCount(): number {
    return this.buffers.size;
  }

  /** Whether samples of this time are kept. */
  keeps(timestamp: number): boolean {
    return timestamp >= this.keptFrom;
  }

  /**
   * Adds samples of any age and order; ignores those that are here, and those older than the window unless they are a
   * predecessor.
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
   * Adds what the database holds from before this process; then the ring is complete since `from`.
   * Pages may come in any order, and samples may be added meanwhile.
   */
  async refill(from: number, pages: AsyncIterable<SampleColumns>) {
    for await (const page of pages) this.add(page);
    // Not before `keptFrom`: samples may have been evicted since the reading began.
    this.coveredStart = Math.min(this.coveredStart, Math.max(from, this.keptFrom));
    for (const buffer of this.buffers.values()) {
      buffer.completeFrom = Math.min(buffer.completeFrom, this.coveredStart);
      this.updateMissing(buffer);
    }
  }

  /**
   * The samples of one series, ascending, with its predecessor first where that is known; undefined when it has none in
   * the window. A view: read it before the next `add`.
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

  /** Whether this sample is here. `false` means that it was never committed only inside the covered range. */
  has(seriesId: number, timestamp: number): boolean {
    return this.buffers.get(seriesId)?.has(timestamp) ?? false;
  }

  /** Drops samples older than the window, and more when they exceed `maxBytes`. Called about once a second. */
  evict(now: number): void {
    this.evictBefore(now - this.windowMs);
    this.sweep(Math.ceil(this.buffers.size / EVICTIONS_PER_SWEEP), false);
    this.silent.trim(this.keptFrom - COUNTER_GAP_MS, this.maxBytes * SILENT_SHARE);
    // Over the limit: shortens the window of all series by a tenth, rather than dropping some series entirely.
    while (this.bytes > this.maxBytes && this.keptFrom < now) {
      this.evictBefore(Math.min(now, this.keptFrom + Math.max(SECOND, (now - this.keptFrom) / 10)));
      this.sweep(this.buffers.size, true);
      this.silent.trim(this.keptFrom - COUNTER_GAP_MS, this.maxBytes * SILENT_SHARE);
    }
  }

  private evictBefore(timestamp: number): void {
    this.keptFrom = Math.max(this.keptFrom, timestamp);
    this.coveredStart = Math.max(this.coveredStart, this.keptFrom);
  }

  /** Trims the next `count` buffers, in rotation. */
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
      this.updateMissing(buffer);
      return;
    }
    this.buffers.delete(id);
    this.missing.forget(buffer);
    if (buffer.completeFrom <= buffer.timestampAt(last))
      this.silent.set(id, buffer.timestampAt(last), buffer.valueAt(last));
  }

  private insert(series: Series, timestamp: number, value: number, isFirst: boolean): void {
    const known = this.buffers.get(series.id);
    if (!known && timestamp < this.keptFrom) {
      this.insertLast(series, timestamp, value, isFirst);
      return;
    }
    const buffer = known ?? this.open(series, isFirst);
    const isNewest = buffer.hasSince(buffer.completeFrom) && timestamp > buffer.timestampAt(buffer.end - 1);
    this.put(buffer, timestamp, value);
    // A newer sample does not change any other's predecessor.
    if (!isNewest) this.updateMissing(buffer);
  }

  /** Keeps the last sample of a series that has none in the window, where it is certain that it is the last. */
  private insertLast({ id, metric }: Series, timestamp: number, value: number, isFirst: boolean): void {
    const last = this.silent.timestampOf(id);
    const isKnown = last !== undefined || (isFirst && this.covers(metric.id));
    if (isKnown && timestamp > (last ?? 0)) this.silent.set(id, timestamp, value);
  }

  private open(series: Series, isFirst: boolean): SeriesBuffer {
    const buffer = new SeriesBuffer(series);
    this.buffers.set(series.id, buffer);
    this.heldBytes += buffer.bytes;
    const last = this.silent.take(series.id);
    if (last) {
      this.put(buffer, last.timestamp, last.value);
      buffer.completeFrom = last.timestamp;
    } else if (isFirst && this.covers(series.metric.id)) {
      buffer.completeFrom = Number.NEGATIVE_INFINITY;
    } else {
      buffer.completeFrom = this.coveredSince(series.metric.id);
    }
    return buffer;
  }

  private put(buffer: SeriesBuffer, timestamp: number, value: number): void {
    this.heldBytes -= buffer.bytes;
    buffer.insert(timestamp, value);
    if (timestamp < this.keptFrom) buffer.dropBefore(this.keptFrom);
    this.heldBytes += buffer.bytes;
  }

  private covers(metricId: number): boolean {
    return this.coveredSince(metricId) !== Number.POSITIVE_INFINITY;
  }

  private updateMissing(buffer: SeriesBuffer): void {
    this.missing.update(buffer, this.coveredSince(buffer.series.metric.id));
  }
}
