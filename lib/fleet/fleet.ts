import type { Bus } from '../bus/bus';
import type { Registry, Series } from '../catalogue/registry';
import { DAY } from '../model';
import type { CommittedSamples, Ring } from '../ring/ring';
import type {
  FleetMap,
  FleetSummary,
  HostDetail,
  HostRow,
  HostsPage,
  LabelFacet,
  StatusCounts,
} from './answers';
import { ARRIVALS_STEP_MS, Arrivals } from './arrivals';
import { labelFacets } from './facets';
import { HEADLINES, type HeadlineKey } from './headlines';
import { Host } from './host';
import { hostMetrics } from './host-metrics';
import type { HostsQuery } from './hosts-query';
import { recentLine } from './recent';
import { RECENT_STEP_MS } from './recent-step';
import { compareHosts, firstFew, selectHosts } from './select';

/** How long a look at the whole fleet is good for: looking again costs about 1 µs a host. */
const REFRESH_MS = 500;
const RATE_SECONDS = 10;
const RANKED = 8;
const SILENT_LISTED = 8;

export interface FleetParts {
  registry: Registry;
  ring: Ring;
  bus: Bus;
  /** Called at every look, where several nodes commit: memory is then kept complete for every metric for a while. */
  onLook?: () => void;
  now?: () => number;
}

/**
 * Every server this node knows, in memory: found through the registry's series, heard through the bus, measured in
 * the ring. A question costs one pass over the hosts (not the series), shared by everyone who asks within half a second.
 */
export class Fleet {
  private readonly hosts = new Map<string, Host>();
  /** By series id: the database counts them up, so this is nearly dense, and four times as fast as a map. */
  private readonly hostOf: Host[] = [];
  private byName: Host[] = [];
  /** Changes with every change of `byName`; starts anywhere, so that another process's does not match. */
  private namesVersion = Math.floor(Math.random() * 1e9);
  private readonly ring: Ring;
  private readonly registry: Registry;
  private readonly now: () => number;
  private readonly onLook: () => void;
  private readonly startedAt: number;
  private readonly arrivals: Arrivals;
  private readonly offs: Array<() => void>;
  private refreshedAt = Number.NEGATIVE_INFINITY;
  private current: HeadlineKey[] = [];
  private sortValuesOf: HeadlineKey | null = null;

  constructor({ registry, ring, bus, onLook = () => {}, now = Date.now }: FleetParts) {
    this.onLook = onLook;
    this.registry = registry;
    this.ring = ring;
    this.now = now;
    this.startedAt = now();
    this.arrivals = new Arrivals(this.startedAt);
    for (const series of registry.seriesById.values()) this.addSeries(series);
    this.offs = [
      registry.onSeries((series) => this.addSeries(series)),
      bus.subscribe((samples) => this.noteSamples(samples)),
    ];
  }

  close(): void {
    for (const off of this.offs) off();
  }

  /** @param since the newest point of `arrivals` that the asker knows. */
  summary({ by, since = 0 }: { by?: HeadlineKey; since?: number } = {}): FleetSummary {
    const now = this.refresh();
    const rankedBy = by ?? this.current[0] ?? null;
    const silent = this.byName.filter(({ status }) => status !== 'reporting');
    if (rankedBy !== null) this.readSortValues(rankedBy);
    return {
      now,
      counts: countStatuses(this.byName),
      goneLastDay: silent.filter(({ status, heardAt }) => status === 'gone' && now - heardAt < DAY).length,
      series: this.registry.size,
      intervalMs: commonInterval(this.byName),
      samplesPerSecond: this.arrivals.perSecond(now, RATE_SECONDS),
      arrivals: this.arrivals.points(now, since),
      arrivalsStepMs: ARRIVALS_STEP_MS,
      headlines: this.current,
      by: rankedBy,
      busiest: this.ranked(rankedBy, true, now),
      quietest: this.ranked(rankedBy, false, now),
      silent: firstFew(silent, SILENT_LISTED, compareHosts('seen', true)).map((host) =>
        this.row(host, rankedBy, now),
      ),
    };
  }

  /** @param keep the rows are exactly these hosts, in this order, whatever the query's page would hold by now. */
  hostsPage(query: HostsQuery, keep: readonly string[] | null = null): HostsPage {
    const now = this.refresh();
    const found = selectHosts(this.byName, query);
    const matching =
      query.statuses.length === 0 ? found : found.filter(({ status }) => query.statuses.includes(status));
    const by = sortHeadline(query.sort);
    const pages = Math.max(1, Math.ceil(matching.length / query.pageSize));
    const page = Math.min(query.page, pages);
    const recentOf = by ?? this.current[0] ?? HEADLINES[0].key;
    const shown = keep?.flatMap((name) => this.hosts.get(name) ?? []) ?? this.pageOf(matching, query, page);
    return {
      now,
      total: this.byName.length,
      counts: countStatuses(found),
      matching: matching.length,
      page,
      pages,
      pageSize: query.pageSize,
      headlines: this.current,
      recentOf,
      recentStepMs: RECENT_STEP_MS,
      rows: shown.map((host) => this.row(host, recentOf, now)),
    };
  }

  /** Null for a name no series carries. */
  host(name: string): HostDetail | null {
    const now = this.refresh();
    const host = this.hosts.get(name);
    if (!host) return null;
    return {
      now,
      since: host.oldestSample(this.ring),
      row: this.row(host, this.current[0] ?? null, now),
      metrics: hostMetrics(host.series),
    };
  }

  labels(): LabelFacet[] {
    this.refresh();
    return labelFacets(this.byName.map((host) => host.labels));
  }

  /** @param knownNames the `namesVersion` of an earlier answer: names are left out while they are still those. */
  map({ by, knownNames }: { by?: HeadlineKey; knownNames?: number } = {}): FleetMap {
    const now = this.refresh();
    const shown = by ?? this.current[0] ?? null;
    if (shown !== null) this.readSortValues(shown);
    return {
      now,
      by: shown,
      namesVersion: this.namesVersion,
      names: knownNames === this.namesVersion ? null : this.byName.map(({ name }) => name),
      statuses: this.byName.map(({ status }) => status[0]).join(''),
      values: this.byName.map(({ sortValue }) => (shown === null ? null : rounded(sortValue))),
    };
  }

  /** Looks at every host once, unless somebody has just done so. @returns the time the answer is true at. */
  private refresh(): number {
    const now = this.now();
    if (now - this.refreshedAt < REFRESH_MS && now >= this.refreshedAt) return this.refreshedAt;
    this.refreshedAt = now;
    this.sortValuesOf = null;
    this.onLook();
    if (this.byName.length !== this.hosts.size) this.rankNames();
    const had = new Array<boolean>(HEADLINES.length).fill(false);
    for (const host of this.byName) {
      host.refresh(this.ring, now, this.startedAt);
      if (host.status !== 'reporting') continue;
      for (let i = 0; i < had.length; i++) had[i] ||= host.headlineValue(i, this.ring) !== null;
    }
    this.current = HEADLINES.filter((_, i) => had[i]).map(({ key }) => key);
    return now;
  }

  private rankNames(): void {
    // web-2 before web-10.
    const { compare } = new Intl.Collator('en', { numeric: true });
    this.byName = [...this.hosts.values()].sort((a, b) => compare(a.name, b.name));
    this.namesVersion++;
    this.byName.forEach((host, rank) => {
      host.nameRank = rank;
    });
  }

  private pageOf(hosts: Host[], { sort, descending, pageSize }: HostsQuery, page: number): Host[] {
    const by = sortHeadline(sort);
    if (by !== null) this.readSortValues(by);
    return hosts.sort(compareHosts(sort, descending)).slice((page - 1) * pageSize, page * pageSize);
  }

  private ranked(by: HeadlineKey | null, descending: boolean, now: number): HostRow[] {
    if (by === null) return [];
    const candidates = this.byName.filter(
      ({ status, sortValue }) => status === 'reporting' && !Number.isNaN(sortValue),
    );
    return firstFew(candidates, RANKED, compareHosts(by, descending)).map((host) => this.row(host, by, now));
  }

  /** Puts a figure into every host's `sortValue`; once per look and figure, however many ask. */
  private readSortValues(by: HeadlineKey): void {
    if (this.sortValuesOf === by) return;
    this.sortValuesOf = by;
    const at = headlineIndex(by);
    for (const host of this.byName) host.sortValue = host.headlineValue(at, this.ring) ?? Number.NaN;
  }

  private row(host: Host, recentOf: HeadlineKey | null, now: number): HostRow {
    const values: HostRow['values'] = {};
    HEADLINES.forEach(({ key }, i) => {
      const value = host.headlineValue(i, this.ring);
      if (value !== null) values[key] = Number(value.toPrecision(5));
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
    }
    host.addSeries(series);
    this.hostOf[series.id] = host;
  }

  private noteSamples({ series, timestamps }: CommittedSamples): void {
    const now = this.now();
    this.arrivals.add(series.length, now);
    let host: Host | undefined;
    for (let i = 0; i < series.length; i++) {
      // Commits are sorted by series, and a host's series were mostly created together.
      if (i === 0 || series[i] !== series[i - 1]) host = this.hostOf[series[i].id];
      host?.noteSample(timestamps[i], now);
    }
  }
}

function headlineIndex(key: HeadlineKey): number {
  return HEADLINES.findIndex((headline) => headline.key === key);
}

function sortHeadline(sort: HostsQuery['sort']): HeadlineKey | null {
  return HEADLINES.find(({ key }) => key === sort)?.key ?? null;
}

function countStatuses(hosts: readonly Host[]): StatusCounts {
  const counts: StatusCounts = { reporting: 0, late: 0, gone: 0 };
  for (const { status } of hosts) counts[status]++;
  return counts;
}

function commonInterval(hosts: readonly Host[]): number | null {
  const known = hosts.flatMap(({ status, intervalMs }) =>
    status === 'reporting' && intervalMs ? intervalMs : [],
  );
  return Float64Array.from(known).sort()[Math.floor(0.9 * known.length)] ?? null;
}

/** Three digits are all a colour can show. */
function rounded(value: number): number | null {
  return Number.isNaN(value) ? null : Number(value.toPrecision(3));
}
