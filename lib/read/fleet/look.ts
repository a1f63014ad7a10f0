import type { Ring } from '../../memory/ring/ring';
import { HEADLINES, type HeadlineKey } from '../../model/fleet/headlines';
import { mergeInPieces, sortInPieces } from '../../runtime/work/sort';
import { Work } from '../../runtime/work/work';
import type { Host } from './host';

/** How long a look at the whole fleet is good for: looking again costs about 1 µs a host. */
const REFRESH_MS = 500;
/** And no less than so many times what it took. */
const REST_FACTOR = 4;

interface LookParts {
  ring: Ring;
  /** When this process began to listen, epoch ms. */
  startedAt: number;
  now: () => number;
  onLook: () => void;
}

/** All hosts by name, as of the last look at them, which everybody shares. */
export class Look {
  /** In the natural order of their names. */
  hosts: readonly Host[] = [];
  /** Changes with every change of the hosts; starts anywhere, so that another process's does not match. */
  namesVersion = Math.floor(Math.random() * 1e9);
  /** Headlines that any reporting host has. */
  headlines: HeadlineKey[] = [];
  /** Not among the others yet. */
  private fresh: Host[] = [];
  private lookedAt = Number.NEGATIVE_INFINITY;
  private tookMs = 0;
  private looking: Promise<number> | null = null;
  /** Figures of headlines, by the ranks of names; NaN where a host has none. */
  private figures = new Map<HeadlineKey, Float64Array>();

  constructor(private readonly parts: LookParts) {}

  add(host: Host): void {
    this.fresh.push(host);
  }

  /** Looks at every host once, unless somebody has just done so. @returns the time the answer is true at. */
  async refresh(): Promise<number> {
    const now = this.parts.now();
    const goodForMs = Math.max(REFRESH_MS, REST_FACTOR * this.tookMs);
    if (now - this.lookedAt < goodForMs && now >= this.lookedAt) return this.lookedAt;
    this.looking ??= this.lookAtAll(now).finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  /** A figure of every host, by the rank of its name; worked out once a look, however many ask. */
  async figuresOf(key: HeadlineKey, work: Work): Promise<Float64Array> {
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

  /** For everyone who asks meanwhile, and so on nobody's behalf. */
  private async lookAtAll(now: number): Promise<number> {
    const { ring, startedAt, onLook } = this.parts;
    const work = Work.ofOurs();
    onLook();
    if (this.fresh.length > 0) await this.rankNames(work);
    const had = new Array<boolean>(HEADLINES.length).fill(false);
    for (const host of this.hosts) {
      if (work.isDue('fleet')) await work.pause();
      host.refresh(ring, now, startedAt);
      if (host.status !== 'reporting') continue;
      for (let i = 0; i < had.length; i++) had[i] ||= host.headlineValue(i, ring) !== null;
    }
    this.headlines = HEADLINES.filter((_, i) => had[i]).map(({ key }) => key);
    this.figures = new Map();
    this.lookedAt = now;
    this.tookMs = work.spent;
    return now;
  }

  /** Puts the new hosts among the others. */
  private async rankNames(work: Work): Promise<void> {
    // web-2 before web-10.
    const { compare } = new Intl.Collator('en', { numeric: true });
    const byName = (a: Host, b: Host) => compare(a.name, b.name);
    const fresh = await sortInPieces(this.fresh.splice(0), byName, work, 'fleet');
    this.hosts = await mergeInPieces(this.hosts, fresh, byName, work, 'fleet');
    this.namesVersion++;
    this.hosts.forEach((host, rank) => {
      host.nameRank = rank;
    });
  }
}

/** Its place in the table of headlines. */
export function headlineIndex(key: HeadlineKey): number {
  return HEADLINES.findIndex((headline) => headline.key === key);
}
