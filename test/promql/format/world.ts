import { Registry } from '@/lib/memory/catalogue/registry';
import { type Labels, labelsKey } from '@/lib/model/labels';
import { NAME_LABEL } from '@/lib/model/selector';
import { labelOf, withoutName } from '@/lib/read/promql/evaluate/series';
import { writeStale } from '@/lib/read/promql/evaluate/stale';
import type { ColumnQuestion, ColumnReader, SeriesColumn } from '@/lib/store/store';
import type { LoadCommand } from './parse';

interface Loaded {
  id: number;
  samples: Map<number, number | 'stale'>;
}

/** What cases loaded, as a registry and a reader of columns. */
export class CaseWorld implements ColumnReader {
  readonly registry = new Registry();
  /** Series with native histograms, which are not stored. */
  readonly native: Labels[] = [];
  private readonly byKey = new Map<string, Loaded>();
  private readonly byId: Loaded[] = [];
  private readonly metricIds = new Map<string, number>();

  load({ stepMs, series, withNative }: LoadCommand): void {
    for (const { labels, values } of series) {
      if (withNative) this.addNative(labels);
      if (values.includes('histogram')) this.native.push(labels);
      const { samples } = this.seriesOf(labels);
      for (const [i, value] of values.entries())
        if (value !== null && value !== 'histogram') samples.set(i * stepMs, value);
    }
  }

  async *readColumns({ seriesIds, start, end }: ColumnQuestion): AsyncGenerator<SeriesColumn[]> {
    yield seriesIds.flatMap((seriesId) => {
      const { samples } = this.byId[seriesId];
      const times = [...samples.keys()].filter((at) => at >= start && at < end).sort((a, b) => a - b);
      const values = new Float64Array(times.length);
      for (const [i, at] of times.entries()) {
        const value = samples.get(at)!;
        if (value === 'stale') writeStale(values, i);
        else values[i] = value;
      }
      return times.length > 0 ? [{ seriesId, timestamps: Float64Array.from(times), values }] : [];
    });
  }

  private addNative(labels: Labels): void {
    const name = labelOf(labels, NAME_LABEL);
    if (/_(bucket|sum|count)$/.test(name))
      this.native.push({ [NAME_LABEL]: name.replace(/_(bucket|sum|count)$/, '') });
  }

  private seriesOf(labels: Labels): Loaded {
    const key = labelsKey(labels);
    const known = this.byKey.get(key);
    if (known) return known;
    const metric = labelOf(labels, NAME_LABEL);
    const metricId = this.metricIds.get(metric) ?? this.metricIds.size;
    this.metricIds.set(metric, metricId);
    const loaded: Loaded = { id: this.byId.length, samples: new Map() };
    this.byKey.set(key, loaded);
    this.byId.push(loaded);
    this.registry.add({
      id: loaded.id,
      metricId,
      metric,
      labels: withoutName(labels),
      type: 'gauge',
      unit: '',
      lastSeen: 0,
    });
    return loaded;
  }
}
