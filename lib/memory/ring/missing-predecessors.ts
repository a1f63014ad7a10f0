import { SECOND } from '../../model/time/duration';
import type { SeriesBuffer } from './series-buffer';

/** Asks for the last sample before a time of each of these series. */
export interface PredecessorRequest {
  readonly metricId: number;
  readonly seriesIds: number[];
  /** Epoch ms. */
  readonly before: number;
  readonly buffers: SeriesBuffer[];
  /** The state that was asked about: an answer about an older one is discarded. */
  readonly of: MissingOfMetric;
  readonly version: number;
}

/**
 * A series whose first sample lies this close to the start of the ring is not asked for: eviction soon passes that
 * sample.
 */
const SOON_MS = 30 * SECOND;

/** The series whose first sample in the ring has an unknown predecessor, by metric. */
export class MissingPredecessors {
  private readonly byMetric = new Map<number, MissingOfMetric>();

  /**
   * Records whether a series' predecessor is missing. The ring is complete for its metric since `covered`; Infinity:
   * not at all.
   */
  update(buffer: SeriesBuffer, covered: number): void {
    if (buffer.predecessorsKnownAfter < covered || covered === Number.POSITIVE_INFINITY) {
      this.forget(buffer);
      return;
    }
    const { id } = buffer.series.metric;
    let ofMetric = this.byMetric.get(id);
    if (!ofMetric) {
      ofMetric = new MissingOfMetric();
      this.byMetric.set(id, ofMetric);
    }
    ofMetric.add(buffer);
  }

  forget(buffer: SeriesBuffer): void {
    const { id } = buffer.series.metric;
    const ofMetric = this.byMetric.get(id);
    ofMetric?.delete(buffer);
    if (ofMetric?.buffers.size === 0) this.byMetric.delete(id);
  }

  forgetMetric(metricId: number): void {
    this.byMetric.delete(metricId);
  }

  /** The predecessor of every sample of the metric after this, epoch ms, is known. */
  unknownUntil(metricId: number): number {
    return this.byMetric.get(metricId)?.until ?? Number.NEGATIVE_INFINITY;
  }

  /** The request for at most `most` series; null when none is missing. */
  request(metricId: number, before: number, most: number): PredecessorRequest | null {
    const of = this.byMetric.get(metricId);
    if (!of) return null;
    const buffers: SeriesBuffer[] = [];
    for (const buffer of of.buffers) {
      if (buffer.predecessorsKnownAfter > before + SOON_MS) buffers.push(buffer);
      if (buffers.length === most) break;
    }
    const seriesIds = buffers.map(({ series }) => series.id);
    return buffers.length === 0 ? null : { metricId, seriesIds, before, buffers, of, version: of.version };
  }

  /** The series of a request that still lack their predecessor. */
  stillMissing({ metricId, buffers, of, version }: PredecessorRequest): SeriesBuffer[] {
    const isCurrent = this.byMetric.get(metricId) === of && of.version === version;
    return isCurrent ? buffers.filter((buffer) => of.buffers.has(buffer)) : [];
  }

  /** Answers to requests made so far may be out of date. */
  discardAnswers(metricId: number): void {
    const ofMetric = this.byMetric.get(metricId);
    if (ofMetric) ofMetric.version++;
  }
}

class MissingOfMetric {
  version = 0;
  readonly buffers = new Set<SeriesBuffer>();
  private highest = Number.NEGATIVE_INFINITY;
  private isStale = false;

  get until(): number {
    if (this.isStale) {
      this.highest = Number.NEGATIVE_INFINITY;
      for (const { predecessorsKnownAfter } of this.buffers)
        this.highest = Math.max(this.highest, predecessorsKnownAfter);
      this.isStale = false;
    }
    return this.highest;
  }

  add(buffer: SeriesBuffer): void {
    // Its known part may begin earlier than before.
    this.isStale ||= this.buffers.has(buffer);
    this.buffers.add(buffer);
    this.highest = Math.max(this.highest, buffer.predecessorsKnownAfter);
  }

  delete(buffer: SeriesBuffer): void {
    this.isStale = this.buffers.delete(buffer) || this.isStale;
  }
}
