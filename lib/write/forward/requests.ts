import type { Registry } from '../../memory/catalogue/registry';
import type { Series } from '../../model/series';
import type { DestinationSettings } from './config';
import type { ReadRows } from './queue-reader';
import { checkOfRows } from './series-check';
import { labelsForPrometheus } from './series-labels';
import { type EncodedSeries, encodeLabels } from './write-request';

/** Encoded labels that are kept: some hundred bytes each. */
const MOST_LABELS = 200_000;
/** Series of which it is known how far they were sent: some forty bytes each. */
const MOST_TIMES = 1_000_000;

/** Samples that are sent together. */
export interface PlannedRequest {
  series: EncodedSeries[];
  samples: number;
  /** Its samples are older than what was sent of their series. */
  isLate: boolean;
}

export interface Plan {
  /**
   * Those of a shard are sent one after the other: each has all samples of its series, by time. Samples older than what
   * was sent of their series are apart from the others: a receiver may refuse a whole request for one of them.
   */
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
  /** By id of the series: the newest timestamp that was planned. */
  private readonly newest = new Map<number, number>();

  constructor(
    private readonly settings: Settings,
    private readonly registry: Pick<Registry, 'seriesById'>,
  ) {}

  plan(records: readonly ReadRows[]): Plan {
    const series: BySeries = { inTime: new Map(), late: new Map() };
    const plan: Plan = { shards: [], unknown: 0, filtered: 0 };
    for (const record of records) {
      if (record.check === checkOfRows(record.seriesIds, this.registry)) this.addRecord(record, series, plan);
      else plan.unknown += record.seriesIds.length;
    }
    plan.shards = this.shardsOf(series);
    return plan;
  }

  private addRecord(record: ReadRows, { inTime, late }: BySeries, plan: Plan): void {
    const { seriesIds, timestamps, values } = record;
    const omitted = new Set(record.omitted);
    const isLate = new Set(record.late);
    for (let i = 0; i < seriesIds.length; i++) {
      if (omitted.has(i)) continue;
      const id = seriesIds[i];
      const into = isLate.has(i) ? late : inTime;
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
    if (this.labels.size >= MOST_LABELS) this.labels.clear();
    this.labels.set(series.id, encoded);
    return encoded;
  }

  private shardsOf({ inTime, late }: BySeries): PlannedRequest[][] {
    const { max_samples_per_send: most, max_shards: mostShards } = this.settings.queue_config;
    let samples = 0;
    for (const each of [inTime, late]) for (const { values } of each.values()) samples += values.length;
    const count = Math.min(mostShards, Math.ceil(samples / most));
    const shards = Array.from({ length: count }, () => ({ inTime: [], late: [] }) as Shard);
    for (const [id, series] of inTime) {
      const parts = this.separateLate(id, byTime(series));
      addTo(shards[id % count], parts.inTime, { most, isLate: false });
      addTo(shards[id % count], parts.late, { most, isLate: true });
    }
    for (const [id, series] of late) addTo(shards[id % count], byTime(series), { most, isLate: true });
    return shards.map((shard) => [...shard.inTime, ...shard.late]);
  }

  private separateLate(id: number, series: EncodedSeries): Record<keyof Shard, EncodedSeries> {
    const { labels, timestamps, values } = series;
    const sentTo = this.newest.get(id) ?? Number.NEGATIVE_INFINITY;
    if (this.newest.size >= MOST_TIMES) this.newest.clear();
    this.newest.set(id, Math.max(sentTo, timestamps[timestamps.length - 1]));
    const first = timestamps.findIndex((timestamp) => timestamp > sentTo);
    const lateCount = first === -1 ? timestamps.length : first;
    const part = (from: number, to?: number): EncodedSeries => ({
      labels,
      timestamps: timestamps.slice(from, to),
      values: values.slice(from, to),
    });
    return lateCount === 0
      ? { inTime: series, late: part(0, 0) }
      : { inTime: part(lateCount), late: part(0, lateCount) };
  }
}

/** By id of the series: samples that came in the order of time, and those that came later. */
interface BySeries {
  inTime: Map<number, EncodedSeries>;
  late: Map<number, EncodedSeries>;
}

interface Shard {
  inTime: PlannedRequest[];
  late: PlannedRequest[];
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

/** The same in two, of which the second has nothing that comes before the first; none where it is not worth it. */
export function halvesOf({ series, isLate }: PlannedRequest): PlannedRequest[] {
  if (isLate || (series.length === 1 && series[0].values.length === 1)) return [];
  const halves = series.length === 1 ? halvesInTime(series[0]) : halvesOfList(series);
  return halves.map((half) => ({
    series: half,
    samples: half.reduce((sum, { values }) => sum + values.length, 0),
    isLate,
  }));
}

function halvesInTime({ labels, timestamps, values }: EncodedSeries): EncodedSeries[][] {
  const [times, numbers] = [halvesOfList(timestamps), halvesOfList(values)];
  return times.map((half, i) => [{ labels, timestamps: half, values: numbers[i] }]);
}

function halvesOfList<T>(all: readonly T[]): [T[], T[]] {
  const half = Math.ceil(all.length / 2);
  return [all.slice(0, half), all.slice(half)];
}

function addTo(
  shard: Shard,
  { labels, timestamps, values }: EncodedSeries,
  { most, isLate }: { most: number; isLate: boolean },
): void {
  const requests = isLate ? shard.late : shard.inTime;
  for (let from = 0; from < values.length; ) {
    let last = requests.at(-1);
    if (!last || last.samples >= most) {
      last = { series: [], samples: 0, isLate };
      requests.push(last);
    }
    const to = Math.min(values.length, from + most - last.samples);
    last.series.push({ labels, timestamps: timestamps.slice(from, to), values: values.slice(from, to) });
    last.samples += to - from;
    from = to;
  }
}
