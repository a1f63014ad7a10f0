import type { Ring } from '../../memory/ring/ring';
import { HEADLINES, type HeadlineKey } from '../../model/fleet/headlines';
import type { Scheduler } from '../../runtime/work/scheduler';
import { mergeInPieces, sortInPieces } from '../../runtime/work/sort';
import { type PausableWork, Work } from '../../runtime/work/work';
import type { Host } from './host';

/** How long a snapshot is used at least: a refresh costs about 1 µs a host. */
const REFRESH_MS = 500;
/** It is also used so many times as long as its refresh took. */
const REUSE_FACTOR = 4;

interface SnapshotParts {
  ring: Pick<Ring, 'samples'>;
  /** When this process began to listen, epoch ms. */
  startedAt: number;
  now: () => number;
  onRefresh: () => void;
  scheduler: Scheduler;
}

/** All hosts and their figures as of the last refresh, shared by all requests. */
export class FleetSnapshot {
  /** In the natural order of their names. */
  hosts: readonly Host[] = [];
  /**
   * Changes with every change of the hosts; starts at random, so that the version of another process does not match.
   */
  namesVersion = Math.floor(Math.random() * 1e9);
  /** Headlines that any reporting host has. */
  headlines: HeadlineKey[] = [];
  /** Hosts that are not sorted in yet. */
  private added: Host[] = [];
  private refreshedAt = Number.NEGATIVE_INFINITY;
  private refreshMs = 0;
  private refreshing: Promise<number> | null = null;
  /** The figures of each headline, by the rank of the host's name; NaN where it has none. */
  private figures = new Map<HeadlineKey, Float64Array>();

  constructor(private readonly parts: SnapshotParts) {}

  add(host: Host): void {
    this.added.push(host);
  }

  /** Updates every host, unless that was done a moment ago. @returns the time of the snapshot, epoch ms. */
  async refresh(): Promise<number> {
    const now = this.parts.now();
    const validForMs = Math.max(REFRESH_MS, REUSE_FACTOR * this.refreshMs);
    if (now - this.refreshedAt < validForMs && now >= this.refreshedAt) return this.refreshedAt;
    this.refreshing ??= this.refreshAll(now).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  /** A figure of every host, by the rank of its name; computed once for each snapshot. */
  async figuresOf(key: HeadlineKey, work: PausableWork): Promise<Float64Array> {
    const { figures: known, hosts } = this;
    const ready = known.get(key);
    if (ready) return ready;
    const headline = headlineIndex(key);
    const figures = new Float64Array(hosts.length);
    for (const [rank, host] of hosts.entries()) {
      if (work.isDue('fleet')) await work.pause();
      figures[rank] = host.headlineValue(headline, this.parts.ring) ?? Number.NaN;
    }
    known.set(key, figures);
    return figures;
  }

  /** On behalf of no single request: all that ask meanwhile share it. */
  private async refreshAll(now: number): Promise<number> {
    const { ring, startedAt, onRefresh } = this.parts;
    const work = Work.ofOurs(this.parts.scheduler);
    onRefresh();
    if (this.added.length > 0) await this.rankNames(work);
    const had = new Array<boolean>(HEADLINES.length).fill(false);
    for (const host of this.hosts) {
      if (work.isDue('fleet')) await work.pause();
      host.refresh(ring, now, startedAt);
      if (host.status !== 'reporting') continue;
      for (let i = 0; i < had.length; i++) had[i] ||= host.headlineValue(i, ring) !== null;
    }
    this.headlines = HEADLINES.filter((_, i) => had[i]).map(({ key }) => key);
    this.figures = new Map();
    this.refreshedAt = now;
    this.refreshMs = work.spent;
    return now;
  }

  /** Sorts the added hosts in. */
  private async rankNames(work: PausableWork): Promise<void> {
    // Sorts web-2 before web-10.
    const { compare } = new Intl.Collator('en', { numeric: true });
    const byName = (a: Host, b: Host) => compare(a.name, b.name);
    const added = await sortInPieces(this.added.splice(0), byName, work, 'fleet');
    this.hosts = await mergeInPieces(this.hosts, added, byName, work, 'fleet');
    this.namesVersion++;
    this.hosts.forEach((host, rank) => {
      host.nameRank = rank;
    });
  }
}

/** The place of a headline in `HEADLINES`. */
export function headlineIndex(key: HeadlineKey): number {
  return HEADLINES.findIndex((headline) => headline.key === key);
}
