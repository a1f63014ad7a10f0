import { SECOND } from '../../model/time/duration';
import type { SeriesBuffer } from './series-buffer';

/** What the ring lacks to know what counters did: the last sample of each of these series before a moment. */
export interface LackingSamples {
  readonly metricId: number;
  readonly seriesIds: number[];
  /** Epoch ms. */
  readonly before: number;
  readonly buffers: SeriesBuffer[];
  /** What they were lacking in: another one since the ring has ceased to vouch for the metric. */
  readonly of: LackingOfMetric;
  readonly turn: number;
}

/** A series that has a sample this soon after the ring begins is not asked for: soon the ring begins after that. */
const SOON_MS = 30 * SECOND;

/** Series of whose first sample in the ring it is not known what came before it, by metric. */
export class Lacking {
  private readonly byMetric = new Map<number, LackingOfMetric>();

  /** Takes note of what is known of a series of which the ring vouches for everything since `covered`; Infinity: for nothing. */
  judge(buffer: SeriesBuffer, covered: number): void {
    if (buffer.knowsAfter < covered || covered === Number.POSITIVE_INFINITY) {
      this.forget(buffer);
      return;
    }
    const { id } = buffer.series.metric;
    let ofMetric = this.byMetric.get(id);
    if (!ofMetric) {
      ofMetric = new LackingOfMetric();
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

  /** After this, epoch ms, it is known of every sample of the metric what came before it. */
  until(metricId: number): number {
    return this.byMetric.get(metricId)?.until ?? Number.NEGATIVE_INFINITY;
  }

  /** What to ask for, of `most` series; null when nothing would help. */
  samples(metricId: number, before: number, most: number): LackingSamples | null {
    const of = this.byMetric.get(metricId);
    if (!of) return null;
    const buffers: SeriesBuffer[] = [];
    for (const buffer of of.buffers) {
      if (buffer.knowsAfter > before + SOON_MS) buffers.push(buffer);
      if (buffers.length === most) break;
    }
    const seriesIds = buffers.map(({ series }) => series.id);
    return buffers.length === 0 ? null : { metricId, seriesIds, before, buffers, of, turn: of.turn };
  }

  /** Those of the series asked for that an answer still tells something of. */
  stillLacking({ metricId, buffers, of, turn }: LackingSamples): SeriesBuffer[] {
    const isCurrent = this.byMetric.get(metricId) === of && of.turn === turn;
    return isCurrent ? buffers.filter((buffer) => of.buffers.has(buffer)) : [];
  }

  /** What has been asked for of this metric may be out of date when it comes. */
  discardAnswers(metricId: number): void {
    const ofMetric = this.byMetric.get(metricId);
    if (ofMetric) ofMetric.turn++;
  }
}

class LackingOfMetric {
  turn = 0;
  readonly buffers = new Set<SeriesBuffer>();
  private highest = Number.NEGATIVE_INFINITY;
  private isStale = false;

  get until(): number {
    if (this.isStale) {
      this.highest = Number.NEGATIVE_INFINITY;
      for (const { knowsAfter } of this.buffers) this.highest = Math.max(this.highest, knowsAfter);
      this.isStale = false;
    }
    return this.highest;
  }

  add(buffer: SeriesBuffer): void {
    // It may be known of earlier samples of it than before.
    this.isStale ||= this.buffers.has(buffer);
    this.buffers.add(buffer);
    this.highest = Math.max(this.highest, buffer.knowsAfter);
  }

  delete(buffer: SeriesBuffer): void {
    this.isStale = this.buffers.delete(buffer) || this.isStale;
  }
}
