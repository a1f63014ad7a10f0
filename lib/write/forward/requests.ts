import type { Registry } from '../../memory/catalogue/registry';
import type { Series } from '../../model/series';
import type { DestinationSettings } from './config';
import type { ReadRows } from './queue-reader';
import { checkOfRows } from './series-check';
import { labelsForPrometheus } from './series-labels';
import { flatten, type Rows } from './sorted-rows';
import { encodeLabels, type WriteColumns } from './write-request';

/** Encoded labels that are kept: some hundred bytes each. */
const MOST_LABELS = 200_000;
/** Series of which it is known how far they were sent: some forty bytes each. */
const MOST_TIMES = 1_000_000;

/** Samples that are sent together. */
export interface PlannedRequest extends WriteColumns {
  /** They are older than what was sent of their series. */
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

interface Shard {
  inTime: PlannedRequest[];
  late: PlannedRequest[];
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
    const { max_samples_per_send: most, max_shards: mostShards } = this.settings.queue_config;
    const plan: Plan = { shards: [], unknown: 0, filtered: 0 };
    const known = records.filter((record) => {
      const isKnown = record.check === checkOfRows(record.seriesIds, this.registry);
      if (!isKnown) plan.unknown += record.seriesIds.length;
      return isKnown;
    });
    const rows = flatten(known);
    const count = Math.min(mostShards, Math.ceil(rows.seriesIds.length / most));
    const shards = Array.from({ length: count }, (): Shard => ({ inTime: [], late: [] }));
    for (let from = 0; from < rows.seriesIds.length; ) {
      const id = rows.seriesIds[from];
      let to = from + 1;
      while (to < rows.seriesIds.length && rows.seriesIds[to] === id) to++;
      this.addSeries(rows, { from, to }, shards[id % count], plan);
      from = to;
    }
    plan.shards = shards
      .map(({ inTime, late }) => [...inTime, ...late])
      .filter((requests) => requests.length > 0);
    return plan;
  }

  /** Adds the rows of one series, each time once: a sample whose commit was tried twice is queued twice. */
  private addSeries(rows: Rows, { from, to }: { from: number; to: number }, shard: Shard, plan: Plan): void {
    const { seriesIds, timestamps, values, isLate } = rows;
    const id = seriesIds[from];
    const series = this.registry.seriesById.get(id);
    const labels = series && this.labelsOf(series);
    if (!series) plan.unknown += to - from;
    else if (!labels) plan.filtered += to - from;
    if (!labels) return;
    const { max_samples_per_send: most } = this.settings.queue_config;
    const sentTo = this.newest.get(id) ?? Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      if (i > from && timestamps[i] === timestamps[i - 1]) continue;
      const late = isLate[i] === 1 || timestamps[i] <= sentTo;
      addSample(requestIn(shard, late, most), labels, timestamps[i], values[i]);
    }
    if (this.newest.size >= MOST_TIMES) this.newest.clear();
    this.newest.set(id, Math.max(sentTo, timestamps[to - 1]));
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
}

/** The request that the next sample goes into. */
function requestIn(shard: Shard, isLate: boolean, most: number): PlannedRequest {
  const requests = isLate ? shard.late : shard.inTime;
  const last = requests[requests.length - 1];
  if (last && last.values.length < most) return last;
  const next: PlannedRequest = { labels: [], counts: [], timestamps: [], values: [], isLate };
  requests.push(next);
  return next;
}

function addSample(request: PlannedRequest, labels: Buffer, timestamp: number, value: number): void {
  const last = request.labels.length - 1;
  if (request.labels[last] === labels) request.counts[last]++;
  else {
    request.labels.push(labels);
    request.counts.push(1);
  }
  request.timestamps.push(timestamp);
  request.values.push(value);
}

/** The same in two, of which the second has nothing that comes before the first; none where it is not worth it. */
export function halvesOf(request: PlannedRequest): PlannedRequest[] {
  const { labels, counts, timestamps, values, isLate } = request;
  if (isLate || values.length === 1) return [];
  const middle = Math.ceil(labels.length / 2);
  if (labels.length === 1) {
    const half = Math.ceil(values.length / 2);
    return [part(request, [0, 1], [0, half]), part(request, [0, 1], [half, values.length])].map((each) => ({
      ...each,
      counts: [each.values.length],
    }));
  }
  const samples = counts.slice(0, middle).reduce((sum, count) => sum + count, 0);
  return [
    part(request, [0, middle], [0, samples]),
    part(request, [middle, labels.length], [samples, timestamps.length]),
  ];
}

type Range = [from: number, to: number];

function part(
  { labels, counts, timestamps, values, isLate }: PlannedRequest,
  series: Range,
  samples: Range,
): PlannedRequest {
  return {
    labels: labels.slice(...series),
    counts: counts.slice(...series),
    timestamps: timestamps.slice(...samples),
    values: values.slice(...samples),
    isLate,
  };
}
