import { stat } from 'node:fs/promises';
import { SECOND } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import { log } from '../../observe/log';
import type { Clients } from '../clients/clients';
import type { Pipeline } from '../pipeline';
import { ScrapeClient } from './client';
import { readScrapeConfig, type ScrapeJob } from './config';
import { discover } from './discovery';
import type { ScrapingNodes } from './nodes';
import { type Target, targetsOf } from './target';
import { TargetScraper, type TargetState } from './target-scraper';

/** How soon a changed configuration is noticed. */
const LOOK_EVERY_MS = 5 * SECOND;

export interface ScrapingParts {
  /** The configuration's path. */
  path: string;
  pipeline: Pick<Pipeline, 'write'>;
  figures: Pick<Figures, 'scrapes' | 'scrapedSamples'>;
  clients: Clients;
  /** Null where this is the only node. */
  nodes: ScrapingNodes | null;
}

/** A target, and what this node knows of it. */
export type ScrapedTarget = Pick<Target, 'url' | 'labels'> & { state: TargetState };

/** Everything that is scraped, as the configuration says. */
export class Scraping {
  private running: RunningJob[] = [];
  private version = '';
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  private constructor(private readonly parts: ScrapingParts) {}

  /** Starts to scrape. @throws Error when the configuration cannot be read */
  static async start(parts: ScrapingParts): Promise<Scraping> {
    const scraping = new Scraping(parts);
    await scraping.load();
    scraping.lookLater();
    return scraping;
  }

  /** The targets of this node and of others. */
  get targets(): ScrapedTarget[] {
    return this.running.flatMap(({ scrapers }) =>
      [...scrapers.values()].map(({ target: { url, labels }, state }) => ({ url, labels, state })),
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await Promise.all(this.running.map((job) => job.close()));
    await this.parts.nodes?.close();
  }

  private async load(): Promise<void> {
    const { path } = this.parts;
    const version = await versionOf(path);
    const jobs = await readScrapeConfig(path);
    this.version = version;
    const before = this.running;
    this.running = jobs.map((job) => new RunningJob(job, this.parts));
    await Promise.all(before.map((job) => job.close()));
  }

  private lookLater(): void {
    this.timer = setTimeout(async () => {
      await this.look();
      if (!this.isClosed) this.lookLater();
    }, LOOK_EVERY_MS).unref();
  }

  /** Loads a configuration that was changed; one that is wrong changes nothing. */
  private async look(): Promise<void> {
    const { path } = this.parts;
    const version = await versionOf(path).catch(() => this.version);
    if (version === this.version || this.isClosed) return;
    try {
      await this.load();
      log().info({ path }, 'what is scraped was read anew');
    } catch (error) {
      this.version = version;
      log().error(
        { err: error, path },
        'SCRAPE_CONFIG was changed and cannot be read; what it said before holds',
      );
    }
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs}:${size}:${ino}`;
}

/** One job, with a scraper for each of its targets. */
class RunningJob {
  readonly scrapers = new Map<string, TargetScraper>();
  private readonly client: ScrapeClient;
  private readonly stopDiscovery: () => void;

  constructor(
    job: ScrapeJob,
    private readonly parts: ScrapingParts,
  ) {
    this.client = new ScrapeClient(job);
    this.stopDiscovery = discover(job, (groups) => this.follow(targetsOf(job, groups)));
  }

  async close(): Promise<void> {
    this.stopDiscovery();
    const closed = [...this.scrapers.values()].map((scraper) => scraper.close());
    // Which ends the scrapes that are under way.
    await this.client.close();
    await Promise.all(closed);
  }

  /** Begins with targets that are new and ends with those that are gone. */
  private follow(targets: readonly Target[]): void {
    const { pipeline, figures, clients, nodes } = this.parts;
    const keys = new Set(targets.map(({ key }) => key));
    for (const [key, scraper] of this.scrapers) {
      if (keys.has(key)) continue;
      this.scrapers.delete(key);
      void scraper.close();
    }
    const isOurs = ({ key }: Target) => nodes?.isOurs(key) ?? true;
    for (const target of targets) {
      if (this.scrapers.has(target.key)) continue;
      this.scrapers.set(
        target.key,
        new TargetScraper(target, { client: this.client, pipeline, figures, clients, isOurs }),
      );
    }
  }
}
