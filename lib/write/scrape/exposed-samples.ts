import type { Labels } from '../../model/labels';
import type { IncomingSample } from '../ingest/sample';
import { type ExpositionFormat, parseSeries, readExposition } from './exposition';
import { relabel } from './relabel';
import type { Target } from './target';

/** A series of a target as it is stored; null where a rule drops it. */
type KnownSeries = { name: string; labels: Labels } | null;

/** What one exposition of a target has. */
export interface ExposedSamples {
  samples: IncomingSample[];
  /** Lines with a value, those that a rule drops and those without a number included. */
  scraped: number;
  /** Series that the exposition before did not have. */
  added: number;
}

/** The samples of one target's expositions. A series is parsed and relabelled when it is first seen. */
export class SampleReader {
  private known = new Map<string, KnownSeries>();

  constructor(private readonly target: Target) {}

  /**
   * @param timestamp of the samples that have none of their own, epoch ms
   * @throws Error for an exposition that is wrong somewhere, or has more samples than it may
   */
  read(text: string, format: ExpositionFormat, timestamp: number): ExposedSamples {
    const { honor_timestamps: honours, sample_limit: limit } = this.target.job;
    const seen = new Map<string, KnownSeries>();
    const samples: IncomingSample[] = [];
    let scraped = 0;
    let added = 0;
    for (const { key, value, timestamp: own, type, unit } of readExposition(text, format)) {
      scraped++;
      let series = this.known.get(key) ?? seen.get(key);
      if (series === undefined) {
        if (!this.known.has(key)) added++;
        series = this.seriesOf(key);
      }
      seen.set(key, series);
      // A value that is no number says that there is none: a gap.
      if (!series || !Number.isFinite(value)) continue;
      const { name, labels } = series;
      const at = honours && own !== null ? own : timestamp;
      samples.push({
        index: samples.length,
        name,
        value,
        timestamp: at,
        labels,
        type,
        unit: unit || undefined,
      });
      if (limit > 0 && samples.length > limit)
        throw new Error(`it has more than ${limit} samples (sample_limit)`);
    }
    this.known = seen;
    return { samples, scraped, added };
  }

  private seriesOf(key: string): KnownSeries {
    const exposed = parseSeries(key);
    if (!exposed) throw new Error(`${key.slice(0, 100)} is no series`);
    const { job } = this.target;
    const own = job.honor_labels
      ? { ...this.target.labels, ...exposed.labels }
      : { ...renamed(exposed.labels, this.target.labels), ...this.target.labels };
    const relabelled = relabel({ ...own, __name__: exposed.name }, job.metric_relabel_configs);
    if (!relabelled?.__name__) return null;
    const { __name__: name, ...labels } = relabelled;
    return {
      name,
      labels: Object.fromEntries(Object.entries(labels).filter(([each]) => !each.startsWith('__'))),
    };
  }
}

/** The labels of a series, those that the target's own would hide under another name, as in Prometheus. */
function renamed(labels: Labels, hiding: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      Object.hasOwn(hiding, name) ? `exported_${name}` : name,
      value,
    ]),
  );
}
