import type { SampleChannel } from '../../cluster/bus/bus';
import type { Registry } from '../../memory/catalogue/registry';
import type { Ring } from '../../memory/ring/ring';
import { roundedTo } from '../../model/arithmetic';
import type {
  FleetMap,
  FleetSummary,
  HostDetail,
  HostRow,
  HostsPage,
  LabelFacet,
  StatusCounts,
} from '../../model/fleet/answers';
import { HEADLINES, type HeadlineKey } from '../../model/fleet/headlines';
import type { HostsQuery } from '../../model/fleet/hosts-query';
import { RECENT_STEP_MS } from '../../model/fleet/recent-step';
import type { SampleColumns } from '../../model/samples';
import type { Series } from '../../model/series';
import { DAY } from '../../model/time/duration';
import type { FleetEvent } from '../../model/wire/fleet';
import type { Scheduler } from '../../runtime/work/scheduler';
import { FirstFew, sortInPieces } from '../../runtime/work/sort';
import { type PausableWork, Work } from '../../runtime/work/work';
import { ARRIVALS_STEP_MS, Arrivals } from './arrivals';
import { labelFacets } from './facets';
import { Host } from './host';
import { hostMetrics } from './host-metrics';
import { recentLine } from './recent';
import { compareHosts, selectHosts } from './select';
import { FleetSnapshot, headlineIndex } from './snapshot';

const RATE_SECONDS = 10;
const RANKED = 8;
const SILENT_LISTED = 8;

export interface FleetParts {
  registry: Pick<Registry, 'seriesById' | 'onSeries' | 'size'>;
  ring: Pick<Ring, 'samples'>;
  channel: Pick<SampleChannel, 'subscribe'>;
  /** Called at every refresh. Where several nodes commit, it keeps memory complete for every metric for a while. */
  onRefresh?: () => void;
  scheduler: Scheduler;
  now?: () => number;
}

/**
 * Every host this node knows, in memory: found in the registry's series, updated by the bus, measured in the ring. A
 * request costs one pass over the hosts (not the series), shared by all requests within half a second.
 */
export class Fleet {
  private readonly hosts = new Map<string, Host>();
  /** By series id: ids are nearly dense, so an array is four times as fast as a map. */
  private readonly hostOf: Host[] = [];
  private readonly snapshot: FleetSnapshot;
  private readonly ring: FleetParts['ring'];
  private readonly registry: FleetParts['registry'];
  private readonly now: () => number;
  private readonly scheduler: Scheduler;
  private readonly arrivals: Arrivals;
  private readonly offs: Array<() => void>;

  constructor({ registry, ring, channel, onRefresh = () => {}, scheduler, now = Date.now }: FleetParts) {
    this.registry = registry;
    this.ring = ring;
    this.now = now;
    this.scheduler = scheduler;
    const startedAt = now();
    this.snapshot = new FleetSnapshot({ ring, now, startedAt, onRefresh, scheduler });
    this.arrivals = new Arrivals(startedAt);
    for (const series of registry.seriesById.values()) this.addSeries(series);
    this.offs = [
      registry.onSeries((series) => this.addSeries(series)),
      channel.subscribe((samples) => this.recordSamples(samples)),
    ];
  }

  close(): void {
    for (const off of this.offs) off();
  }

  /** How large the fleet is now. */
  get size(): FleetEvent {
    return { now: this.now(), hosts: this.hosts.size, series: this.registry.size };
  }

  /** @param since the newest point of `arrivals` that the asker knows. */
  async summary(
    { by, since = 0 }: { by?: HeadlineKey; since?: number } = {},
    work = new Work(this.scheduler),
  ): Promise<FleetSummary> {
    const now = await this.snapshot.refresh();
    const { headlines, hosts } = this.snapshot;
    const rankedBy = by ?? headlines[0] ?? null;
    const figures = rankedBy && (await this.snapshot.figuresOf(rankedBy, work));
    const counts: StatusCounts = { reporting: 0, late: 0, gone: 0 };
    const intervals: number[] = [];
    const silent = new FirstFew(SILENT_LISTED, compareHosts('seen', true));
    const busiest = new FirstFew(RANKED, compareHosts(rankedBy ?? 'name', true, figures));
    const quietest = new FirstFew(RANKED, compareHosts(rankedBy ?? 'name', false, figures));
    let goneLastDay = 0;
    for (const host of hosts) {
      if (work.isDue('fleet')) await work.pause();
      const { status, intervalMs, heardAt } = host;
      counts[status]++;
      if (status === 'gone' && now - heardAt < DAY) goneLastDay++;
      if (status !== 'reporting') silent.add(host);
      if (status !== 'reporting') continue;
      if (intervalMs) intervals.push(intervalMs);
      if (!figures || Number.isNaN(figures[host.nameRank])) continue;
      busiest.add(host);
      quietest.add(host);
    }
    const rows = (few: FirstFew<Host>) => few.inOrder().map((host) => this.row(host, rankedBy, now));
    return {
      now,
      counts,
      goneLastDay,
      series: this.registry.size,
      intervalMs: commonInterval(intervals),
      samplesPerSecond: this.arrivals.perSecond(now, RATE_SECONDS),
      arrivals: this.arrivals.points(now, since),
      arrivalsStepMs: ARRIVALS_STEP_MS,
      headlines,
      by: rankedBy,
      busiest: rows(busiest),
      quietest: rows(quietest),
      silent: rows(silent),
    };
  }

  /** @param keep the rows are exactly these hosts, in this order, whatever rows the page of the query has by now. */
  async hostsPage(
    query: HostsQuery,
    keep: readonly string[] | null = null,
    work = new Work(this.scheduler),
  ): Promise<HostsPage> {
    const now = await this.snapshot.refresh();
    const { headlines, hosts } = this.snapshot;
    const found = await selectHosts(hosts, query, work);
    const matching =
      query.statuses.length === 0 ? found : found.filter(({ status }) => query.statuses.includes(status));
    const by = sortHeadline(query.sort);
    const pages = Math.max(1, Math.ceil(matching.length / query.pageSize));
    const page = Math.min(query.page, pages);
    const recentOf = by ?? headlines[0] ?? HEADLINES[0].key;
    const kept = keep?.flatMap((name) => this.hosts.get(name) ?? []);
    const shown = kept ?? (await this.pageOf(matching, query, page, work));
    return {
      now,
      total: hosts.length,
      counts: countStatuses(found),
      matching: matching.length,
      page,
      pages,
      pageSize: query.pageSize,
      headlines,
      recentOf,
      recentStepMs: RECENT_STEP_MS,
      rows: shown.map((host) => this.row(host, recentOf, now)),
    };
  }

  /** Null for a name no series carries. */
  async host(name: string, work = new Work(this.scheduler)): Promise<HostDetail | null> {
    const now = await this.snapshot.refresh();
    const host = this.hosts.get(name);
    if (!host) return null;
    return {
      now,
      since: host.oldestSample(this.ring),
      row: this.row(host, this.snapshot.headlines[0] ?? null, now),
      metrics: await hostMetrics(host.series, work),
    };
  }

  async labels(work = new Work(this.scheduler)): Promise<LabelFacet[]> {
    await this.snapshot.refresh();
    return labelFacets(this.snapshot.hosts, work);
  }

  /** @param knownNames the `namesVersion` of an earlier answer: names are left out while they are still those. */
  async map(
    { by, knownNames }: { by?: HeadlineKey; knownNames?: number } = {},
    work = new Work(this.scheduler),
  ): Promise<FleetMap> {
    const now = await this.snapshot.refresh();
    const { headlines, hosts, namesVersion } = this.snapshot;
    const shown = by ?? headlines[0] ?? null;
    const figures = shown && (await this.snapshot.figuresOf(shown, work));
    const isNew = knownNames !== namesVersion;
    const names: string[] = [];
    const values: FleetMap['values'] = [];
    let statuses = '';
    for (const [rank, { name, status }] of hosts.entries()) {
      if (work.isDue('fleet')) await work.pause();
      if (isNew) names.push(name);
      statuses += status[0];
      values.push(figures ? rounded(figures[rank]) : null);
    }
    return {
      now,
      by: shown,
      namesVersion,
      names: isNew ? names : null,
      statuses,
      values,
    };
  }

  private async pageOf(
    hosts: Host[],
    { sort, descending, pageSize }: HostsQuery,
    page: number,
    work: PausableWork,
  ): Promise<Host[]> {
    const by = sortHeadline(sort);
    const figures = by && (await this.snapshot.figuresOf(by, work));
    const sorted = await sortInPieces(hosts, compareHosts(sort, descending, figures), work, 'fleet');
    return sorted.slice((page - 1) * pageSize, page * pageSize);
  }

  private row(host: Host, recentOf: HeadlineKey | null, now: number): HostRow {
    const values: HostRow['values'] = {};
    HEADLINES.forEach(({ key }, i) => {
      const value = host.headlineValue(i, this.ring);
      if (value !== null) values[key] = roundedTo(5, value);
    });
    const at = recentOf === null ? -1 : headlineIndex(recentOf);
    return {
      name: host.name,
      status: host.status,
      lastSeen: host.lastSeen,
      heardAt: host.heardAt,
      intervalMs: host.intervalMs,
      aheadMs: host.aheadMs,
      series: host.series.length,
      labels: host.labels,
      values,
      recent: at < 0 ? [] : recentLine(this.ring, host.headlineSeries(at), HEADLINES[at].combine, now),
    };
  }

  private addSeries(series: Series): void {
    const name = series.labels.host;
    if (name === undefined) return;
    let host = this.hosts.get(name);
    if (!host) {
      host = new Host(name);
      this.hosts.set(name, host);
      this.snapshot.add(host);
    }
    host.addSeries(series);
    this.hostOf[series.id] = host;
  }

  private recordSamples({ series, timestamps }: SampleColumns): void {
    const now = this.now();
    this.arrivals.add(series.length, now);
    let host: Host | undefined;
    for (let i = 0; i < series.length; i++) {
      // Samples are sorted by series, and a host's series were mostly created together.
      if (i === 0 || series[i] !== series[i - 1]) host = this.hostOf[series[i].id];
      host?.recordSample(timestamps[i], now);
    }
  }
}

function sortHeadline(sort: HostsQuery['sort']): HeadlineKey | null {
  return HEADLINES.find(({ key }) => key === sort)?.key ?? null;
}

function countStatuses(hosts: readonly Host[]): StatusCounts {
  const counts: StatusCounts = { reporting: 0, late: 0, gone: 0 };
  for (const { status } of hosts) counts[status]++;
  return counts;
}

/** The interval that nine in ten hosts keep. */
function commonInterval(intervals: readonly number[]): number | null {
  return Float64Array.from(intervals).sort()[Math.floor(0.9 * intervals.length)] ?? null;
}

/** A colour shows no more than three digits. */
function rounded(value: number): number | null {
  return Number.isNaN(value) ? null : roundedTo(3, value);
}
