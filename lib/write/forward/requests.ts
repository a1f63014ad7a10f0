import type { Registry } from '../../memory/catalogue/registry';
import type { Series } from '../../model/series';
import type { DestinationSettings } from './config';
import type { QueuedRows } from './rows';
import { checkOfRows } from './series-check';
import { labelsForPrometheus } from './series-labels';
import { type EncodedSeries, encodeLabels } from './write-request';

/** Encoded labels that are kept: some hundred bytes each. */
const MOST_KEPT = 200_000;

/** Samples that are sent together. */
export interface PlannedRequest {
  series: EncodedSeries[];
  samples: number;
}

export interface Plan {
  /** Those of a shard are sent one after the other: each has all samples of its series, by time. */
  shards: PlannedRequest[][];
  /** Samples of series that this database does not have. */
  unknown: number;
  /** Samples that a rule leaves out. */
  filtered: number;
}

type Settings = Pick<
  DestinationSettings,
  'write_relabel_configs' | 'metric_name_escaping_scheme' | 'queue_config'
>;

/** Makes write requests of what was queued. */
export class RequestPlanner {
  /** By id of the series; null where a rule drops it. */
  private readonly labels = new Map<number, Buffer | null>();

  constructor(
    private readonly settings: Settings,
    private readonly registry: Pick<Registry, 'seriesById'>,
  ) {}

  plan(records: readonly QueuedRows[]): Plan {
    const bySeries = new Map<number, EncodedSeries>();
    const plan: Plan = { shards: [], unknown: 0, filtered: 0 };
    for (const record of records) {
      const isOurs = record.check === checkOfRows(record.seriesIds, this.registry);
      if (isOurs || record.seriesIds.length === 0) this.addRecord(record, bySeries, plan);
      else plan.unknown += record.seriesIds.length;
    }
    plan.shards = this.shardsOf(bySeries);
    return plan;
  }

  private addRecord(record: QueuedRows, into: Map<number, EncodedSeries>, plan: Plan): void {
    const { seriesIds, timestamps, values } = record;
    for (let i = 0; i < seriesIds.length; i++) {
      const id = seriesIds[i];
      let entry = into.get(id);
      if (!entry) {
        const series = this.registry.seriesById.get(id);
        const labels = series && this.labelsOf(series);
        if (!series) plan.unknown++;
        else if (!labels) plan.filtered++;
        if (!labels) continue;
        entry = { labels, timestamps: [], values: [] };
        into.set(id, entry);
      }
      entry.timestamps.push(timestamps[i]);
      entry.values.push(values[i]);
    }
  }

  private labelsOf(series: Series): Buffer | null {
    const known = this.labels.get(series.id);
    if (known !== undefined) return known;
    const { write_relabel_configs: rules, metric_name_escaping_scheme: scheme } = this.settings;
    const labels = labelsForPrometheus(series, rules, scheme);
    const encoded = labels && encodeLabels(labels);
    if (this.labels.size >= MOST_KEPT) this.labels.clear();
    this.labels.set(series.id, encoded);
    return encoded;
  }

  private shardsOf(bySeries: ReadonlyMap<number, EncodedSeries>): PlannedRequest[][] {
    const { max_samples_per_send: most, max_shards: mostShards } = this.settings.queue_config;
    let samples = 0;
    for (const { values } of bySeries.values()) samples += values.length;
    const shards: PlannedRequest[][] = [];
    const count = Math.min(mostShards, Math.ceil(samples / most));
    for (let i = 0; i < count; i++) shards.push([]);
    for (const [id, series] of bySeries) addTo(shards[id % count], byTime(series), most);
    return shards;
  }
}

/** In order of time, each time once: a sample whose commit was tried twice is queued twice. */
function byTime(series: EncodedSeries): EncodedSeries {
  const { labels, timestamps, values } = series;
  let isAscending = true;
  for (let i = 1; i < timestamps.length; i++) isAscending &&= timestamps[i] > timestamps[i - 1];
  if (isAscending) return series;
  const order = timestamps.map((_, i) => i).sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  const once = order.filter((at, i) => i === 0 || timestamps[at] !== timestamps[order[i - 1]]);
  return { labels, timestamps: once.map((at) => timestamps[at]), values: once.map((at) => values[at]) };
}

function addTo(shard: PlannedRequest[], { labels, timestamps, values }: EncodedSeries, most: number): void {
  for (let from = 0; from < values.length; ) {
    let last = shard.at(-1);
    if (!last || last.samples >= most) {
      last = { series: [], samples: 0 };
      shard.push(last);
    }
    const to = Math.min(values.length, from + most - last.samples);
    last.series.push({ labels, timestamps: timestamps.slice(from, to), values: values.slice(from, to) });
    last.samples += to - from;
    from = to;
  }
}
