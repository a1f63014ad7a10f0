import { setTimeout as sleep } from 'node:timers/promises';
import { isPulseError } from '../../model/errors';
import { SECOND } from '../../model/time/duration';
import type { Figures } from '../../observe/figures';
import { log } from '../../observe/log';
import type { ClientName, Clients } from '../clients/clients';
import type { IncomingSample } from '../ingest/sample';
import type { Pipeline } from '../pipeline';
import type { ScrapeClient } from './client';
import { type ExposedSamples, SampleReader } from './exposed-samples';
import type { Target } from './target';

/** A scrape that begins up to this share of an interval late has the time when it was due. */
const PUNCTUAL_SHARE = 0.1;
const RETRY_MS = 500;

const SCRAPED: ClientName = { protocol: 'scrape' };

/** What the last scrape of a target came to. */
export interface TargetState {
  health: 'unknown' | 'up' | 'down';
  /** Epoch ms; null before the first scrape of this node. */
  lastScrape: number | null;
  durationMs: number;
  samples: number;
  /** Why it is down. */
  error: string | null;
}

export interface TargetScraperParts {
  client: ScrapeClient;
  pipeline: Pick<Pipeline, 'write'>;
  figures: Pick<Figures, 'scrapes' | 'scrapedSamples'>;
  clients: Clients;
  /** Whether this node is the one that scrapes it, at this moment. */
  isOurs(target: Target): boolean;
}

/**
 * Scrapes one target at its moments in time, which are the same on every node: where two of them scrape it for a while
 * because they know different things about each other, their samples have the same times, and are stored once.
 */
export class TargetScraper {
  state: TargetState = { health: 'unknown', lastScrape: null, durationMs: 0, samples: 0, error: null };
  private readonly reader: SampleReader;
  private readonly closing = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    readonly target: Target,
    private readonly parts: TargetScraperParts,
  ) {
    this.reader = new SampleReader(target);
    this.schedule(Date.now());
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the target is not scraped any more'));
    clearTimeout(this.timer);
    await this.running;
  }

  /** At the first of its moments after `time`, epoch ms. */
  private schedule(time: number): void {
    const { job, offsetMs } = this.target;
    const due = (Math.floor((time - offsetMs) / job.intervalMs) + 1) * job.intervalMs + offsetMs;
    this.timer = setTimeout(() => {
      this.running = this.run(due).then(() => {
        if (!this.closing.signal.aborted) this.schedule(Math.max(due, Date.now()));
      });
    }, due - Date.now());
  }

  private async run(due: number): Promise<void> {
    if (!this.parts.isOurs(this.target)) {
      this.state = { ...this.state, health: 'unknown', error: null };
      return;
    }
    const { intervalMs } = this.target.job;
    const now = Date.now();
    const at = Math.abs(now - due) <= intervalMs * PUNCTUAL_SHARE ? due : now;
    const samples = await this.scrape(at);
    if (!this.closing.signal.aborted) await this.write(samples, due + intervalMs);
    const missed = Math.floor((Date.now() - due) / intervalMs);
    if (missed > 0) this.parts.figures.scrapes.add('missed', missed);
  }

  /** The samples of one scrape, and those about it. Does not throw. */
  private async scrape(at: number): Promise<IncomingSample[]> {
    const { client, figures, clients } = this.parts;
    const startedAt = performance.now();
    let found: ExposedSamples = { samples: [], scraped: 0, added: 0 };
    let error: string | null = null;
    try {
      const { text, format } = await client.get(this.target.url);
      found = this.reader.read(text, format, at);
    } catch (thrown) {
      error = (thrown as Error).message || String(thrown);
    }
    const durationMs = performance.now() - startedAt;
    const { samples, scraped, added } = found;
    this.state = {
      health: error === null ? 'up' : 'down',
      lastScrape: at,
      durationMs,
      samples: samples.length,
      error,
    };
    figures.scrapes.add(error === null ? 'up' : 'down');
    if (error !== null)
      clients.noteRefused(SCRAPED, { code: 'down', message: `${this.target.url}: ${error}` });
    const about: Array<[name: string, value: number]> = [
      ['up', error === null ? 1 : 0],
      ['scrape_duration_seconds', durationMs / SECOND],
      ['scrape_samples_scraped', scraped],
      ['scrape_samples_post_metric_relabeling', samples.length],
      ['scrape_series_added', added],
    ];
    const { labels } = this.target;
    for (const [name, value] of about)
      samples.push({ index: samples.length, name, value, timestamp: at, labels, type: 'gauge' });
    return samples;
  }

  /** Tries again while the server cannot take them, until the next scrape is due. */
  private async write(samples: IncomingSample[], until: number): Promise<void> {
    // Of a target that is down there is only what is said about it.
    const isUp = this.state.health === 'up';
    const { pipeline, figures, clients } = this.parts;
    for (;;) {
      try {
        const { accepted, rejected } = await pipeline.write({ samples, errors: [] });
        figures.scrapedSamples.add('accepted', accepted);
        figures.scrapedSamples.add('rejected', rejected);
        if (isUp) clients.noteTaken(SCRAPED, accepted);
        return;
      } catch (error) {
        const waitMs = (isPulseError(error) && error.retryAfterMs) || RETRY_MS;
        if (this.closing.signal.aborted || Date.now() + waitMs >= until) {
          figures.scrapedSamples.add('lost', samples.length);
          log().warn(
            { err: error, url: this.target.url, samples: samples.length },
            'a scrape was not stored',
          );
          return;
        }
        await sleep(waitMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }
}
