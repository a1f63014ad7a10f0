import type { Labels } from '../../model/labels';
import { type ExpositionFormat, parseSeries, readExposition } from '../ingest/exposition/exposition';
import { toLabels, toMetricName } from '../ingest/names';
import type { IncomingSample } from '../ingest/sample';
import { relabel } from './relabel';
import type { Target } from './target';

/** A series of a target as it is stored. */
interface KnownSeries {
  /** Null where a rule drops it. */
  stored: { name: string; labels: Labels } | null;
  /** The number of the last exposition that had it. */
  seenIn: number;
}

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
  private readonly known = new Map<string, KnownSeries>();
  private expositions = 0;

  constructor(private readonly target: Target) {}

  /**
   * @param timestamp of the samples that have none of their own, epoch ms
   * @throws Error for an exposition that is wrong somewhere, or has more samples than it may
   */
  read(text: string, format: ExpositionFormat, timestamp: number): ExposedSamples {
    const { honor_timestamps: honours, sample_limit: limit } = this.target.job;
    const found: ExposedSamples = { samples: [], scraped: 0, added: 0 };
    const { samples } = found;
    const number = ++this.expositions;
    readExposition(text, format, {
      sample: (key, value, own, { type, unit }) => {
        found.scraped++;
        const series = this.seriesOf(key);
        if (series.seenIn < number - 1) found.added++;
        series.seenIn = number;
        const { stored } = series;
        // A value that is no number says that there is none: a gap.
        if (!stored || !Number.isFinite(value)) return;
        const { name, labels } = stored;
        const at = honours && own !== null ? own : timestamp;
        samples.push({ index: samples.length, name, value, timestamp: at, labels, type, unit });
        if (limit > 0 && samples.length > limit)
          throw new Error(`it has more than ${limit} samples (sample_limit)`);
      },
    });
    if (this.known.size > 2 * found.scraped) this.forget(number);
    return found;
  }

  private seriesOf(key: string): KnownSeries {
    let series = this.known.get(key);
    if (!series) {
      series = { stored: this.parse(key), seenIn: Number.NEGATIVE_INFINITY };
      this.known.set(key, series);
    }
    return series;
  }

  private forget(number: number): void {
    for (const [key, { seenIn }] of this.known) if (seenIn < number) this.known.delete(key);
  }

  private parse(key: string): KnownSeries['stored'] {
    const exposed = parseSeries(key);
    if (!exposed) throw new Error(`${key.slice(0, 100)} is no series`);
    const { job } = this.target;
    const own = job.honor_labels
      ? { ...this.target.labels, ...exposed.labels }
      : { ...renamed(exposed.labels, this.target.labels), ...this.target.labels };
    const relabelled = relabel({ ...own, __name__: exposed.name }, job.metric_relabel_configs);
    if (!relabelled?.__name__) return null;
    const { __name__: name, ...labels } = relabelled;
    const kept = Object.entries(labels).filter(([each, value]) => !each.startsWith('__') && value !== '');
    return { name: toMetricName(name), labels: toLabels(new Map(kept)) };
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
