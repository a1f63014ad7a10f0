import { intervalOfSamples, ReportingInterval } from '../../memory/ring/reporting-interval';
import type { Ring } from '../../memory/ring/ring';
import { HEADLINES } from '../../model/fleet/headlines';
import { type HostStatus, lateAfterMs, statusOf } from '../../model/fleet/status';
import type { Labels } from '../../model/labels';
import type { Series } from '../../model/series';
import { combine, reading } from './readings';

/** By metric name: its headline, and its rank among the names of that headline. */
const HEADLINE_OF: ReadonlyMap<string, { headline: number; rank: number }> = new Map(
  HEADLINES.flatMap(({ metrics }, headline) =>
    metrics.map((name, rank) => [name, { headline, rank }] as const),
  ),
);

/** How many series give the interval of a host that has been silent since this process started. */
const SERIES_MEASURED = 4;
/** Series that one figure of a host is computed from, at most. */
const MOST_PARTS = 1_000;

interface HeadlineSeries {
  rank: number;
  labelCount: number;
  series: Series[];
}

interface LabelUse {
  value: string;
  count: number;
  /** Whether its series have different values: then it names a part of the host (a core, a device). */
  varies: boolean;
}

/** One host: its series, and its status as of the last refresh. Lives as long as the process. */
export class Host {
  readonly series: Series[] = [];
  /** Place in the natural order of names; set by the fleet. */
  nameRank = 0;
  readonly searchText: string;
  /** Timestamp of its newest sample, 0 before the first. */
  lastSeen = 0;
  /** When its newest sample arrived here, epoch ms; null: before this process started. */
  arrivedAt: number | null = null;

  status: HostStatus = 'gone';
  intervalMs: number | null = null;
  /** The last time, by our clock, at which this host is known to have been alive. */
  heardAt = 0;
  private readonly interval = new ReportingInterval();
  private readonly headlines: Array<HeadlineSeries | undefined> = new Array(HEADLINES.length);
  private readonly labelUses = new Map<string, LabelUse>();
  private knownLabels: Labels | null = null;

  constructor(readonly name: string) {
    this.searchText = name.toLowerCase();
  }

  addSeries(series: Series): void {
    this.series.push(series);
    if (series.lastSeen > this.lastSeen) this.lastSeen = series.lastSeen;
    this.countLabels(series.labels);
    const place = HEADLINE_OF.get(series.metric.name);
    if (place) this.addHeadline(place.headline, place.rank, series);
  }

  /** Records a committed sample. */
  recordSample(timestamp: number, now: number): void {
    this.arrivedAt = now;
    if (timestamp <= this.lastSeen) return;
    this.interval.note(timestamp);
    this.lastSeen = timestamp;
  }

  /** Updates the status to `now`. `startedAt`: when this process began to receive samples. */
  refresh(ring: Pick<Ring, 'samples'>, now: number, startedAt: number): void {
    // A clock that runs ahead must not keep a silent host alive: it was last alive when its newest sample arrived.
    this.heardAt = Math.min(this.lastSeen, this.arrivedAt ?? startedAt);
    this.intervalMs = this.interval.intervalMs ?? this.intervalMs ?? this.intervalFromRing(ring);
    this.status = statusOf(now - this.heardAt, this.intervalMs);
  }

  /** The newest figure of a headline, by its place in the table; null when it has no current one. */
  headlineValue(headline: number, ring: Pick<Ring, 'samples'>): number | null {
    const series = this.headlines[headline]?.series;
    if (!series) return null;
    const rateMs = lateAfterMs(this.intervalMs);
    const read = ({ id, metric }: Series) => reading(ring.samples(id), metric.type, this.lastSeen, rateMs);
    return series.length === 1 ? read(series[0]) : combine(HEADLINES[headline].combine, series.map(read));
  }

  /**
   * The series behind a headline: those of the best-known name, and of these the ones with the fewest labels (a total
   * before its parts).
   */
  headlineSeries(headline: number): readonly Series[] {
    return this.headlines[headline]?.series ?? [];
  }

  /** The labels of the whole host: those that most of its series have with one value; `host` first. */
  get labels(): Labels {
    if (this.knownLabels) return this.knownLabels;
    const labels: Record<string, string> = { host: this.name };
    for (const [name, { value, count, varies }] of this.labelUses) {
      if (!varies && count * 2 > this.series.length) labels[name] = value;
    }
    this.knownLabels = labels;
    return labels;
  }

  /** How far its clock runs ahead of ours, ms; 0 when it does not, or when no sample has arrived in this process. */
  get aheadMs(): number {
    return this.arrivedAt === null ? 0 : Math.max(0, this.lastSeen - this.arrivedAt);
  }

  /** Timestamp of its oldest sample in the ring; null when it has none there. */
  oldestSample(ring: Pick<Ring, 'samples'>): number | null {
    let oldest: number | null = null;
    for (const { id } of this.series) {
      const samples = ring.samples(id);
      if (!samples || samples.length === 0) continue;
      const first = samples.timestampAt(samples.start);
      if (oldest === null || first < oldest) oldest = first;
    }
    return oldest;
  }

  private intervalFromRing(ring: Pick<Ring, 'samples'>): number | null {
    for (const { id } of this.series.slice(0, SERIES_MEASURED)) {
      const samples = ring.samples(id);
      if (!samples) continue;
      const interval = intervalOfSamples(samples);
      if (interval !== null) return interval;
    }
    return null;
  }

  private addHeadline(headline: number, rank: number, series: Series): void {
    const labelCount = Object.keys(series.labels).length;
    const known = this.headlines[headline];
    const better = !known || rank < known.rank || (rank === known.rank && labelCount < known.labelCount);
    if (better) this.headlines[headline] = { rank, labelCount, series: [series] };
    else if (rank === known.rank && labelCount === known.labelCount && known.series.length < MOST_PARTS)
      known.series.push(series);
  }

  private countLabels(labels: Labels): void {
    this.knownLabels = null;
    for (const [name, value] of Object.entries(labels)) {
      if (name === 'host') continue;
      const use = this.labelUses.get(name);
      if (!use) this.labelUses.set(name, { value, count: 1, varies: false });
      else {
        use.count++;
        if (use.value !== value) use.varies = true;
      }
    }
  }
}
