import type { Labels } from '../../model/labels';
import type { MetricType } from '../../model/series';
import { zeroBefore } from './delta';
import { type Histogram, toSamples } from './histogram';
import { type DecodedSamples, type SampleErrorCode, sampleError } from './sample';
import { type Summary, summarySamples } from './summary';

/** Handed on together at most; between portions others have their turn. */
const PORTION_ITEMS = 5_000;

/** A series of samples to come, or why it cannot be one. */
export type ReadSeries = NamedSeries | SampleErrorCode;

export interface NamedSeries {
  readonly name: string;
  readonly labels: Labels;
  readonly type?: MetricType;
  readonly unit?: string;
}

/**
 * Collects what a body holds, in portions. What its protocol counts is an item: a sample or a histogram, which becomes
 * several samples with one index.
 */
export class Portions {
  /** By index. */
  private histograms = new Set<number>();
  private decoded: DecodedSamples = { samples: [], errors: [] };
  private first = 0;
  private index = 0;

  get isFull(): boolean {
    return this.decoded.samples.length >= PORTION_ITEMS || this.decoded.errors.length >= PORTION_ITEMS;
  }

  /** What is no number is left out: the mark that a series ended, the quantile of nothing. */
  addSample(series: ReadSeries, timestamp: number, value: number): void {
    const index = this.index++;
    if (typeof series === 'string') this.decoded.errors.push(sampleError(index, '', series));
    else if (Number.isFinite(value)) {
      const { name, labels, type, unit } = series;
      this.decoded.samples.push({ index, name, value, timestamp, labels, type, unit });
    }
  }

  /** What was counted since `since`, epoch ms, 0 where that is unknown: an item of two samples, see `zeroBefore`. */
  addDelta(series: ReadSeries, since: number, timestamp: number, value: number): void {
    const index = this.index++;
    if (typeof series === 'string') this.decoded.errors.push(sampleError(index, '', series));
    else if (Number.isFinite(value)) {
      const { name, labels, type, unit } = series;
      const { samples } = this.decoded;
      const zeroAt = zeroBefore(since, timestamp);
      samples.push({ index, name, value: 0, timestamp: zeroAt, labels, type, unit });
      samples.push({ index, name, value, timestamp, labels, type, unit });
    }
  }

  addSummary(series: ReadSeries, summary: Omit<Summary, 'index' | 'name' | 'labels'>): void {
    const index = this.index++;
    if (typeof series === 'string') this.decoded.errors.push(sampleError(index, '', series));
    else
      summarySamples({ index, name: series.name, labels: series.labels, ...summary }, this.decoded.samples);
  }

  addHistogram(series: ReadSeries, histogram: Omit<Histogram, 'index' | 'name' | 'labels'>): void {
    const index = this.index++;
    this.histograms.add(index);
    if (typeof series === 'string') this.decoded.errors.push(sampleError(index, '', series));
    else toSamples({ index, name: series.name, labels: series.labels, ...histogram }, this.decoded.samples);
  }

  /** An item that cannot be a sample. */
  reject(code: SampleErrorCode, message?: string): void {
    this.decoded.errors.push(sampleError(this.index++, '', code, message));
  }

  /** An item of which there is nothing to store. */
  passOver(): void {
    this.index++;
  }

  /** What was collected since the last call. */
  take(): DecodedSamples {
    const { decoded, histograms } = this;
    const samples = this.index - this.first - histograms.size;
    decoded.items = {
      counts: { samples, histograms: histograms.size },
      kindOf: (index) => (histograms.has(index) ? 'histograms' : 'samples'),
    };
    this.histograms = new Set();
    this.first = this.index;
    this.decoded = { samples: [], errors: [] };
    return decoded;
  }
}
