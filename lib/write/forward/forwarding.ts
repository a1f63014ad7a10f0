import { join } from 'node:path';
import type { Env } from '../../env';
import type { Registry } from '../../memory/catalogue/registry';
import type { SampleRows } from '../../model/samples';
import { MINUTE, SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { SampleStore } from '../../store/store';
import { type DestinationSettings, readDestinations } from './config';
import { Cursors, type Progress } from './cursors';
import { Destination, type DestinationFigures } from './destination';
import { ForwardQueue } from './queue';
import { QueueReader } from './queue-reader';
import type { Relays } from './relays';
import { encodeRows } from './rows';
import { checkOfRows } from './series-check';

/** Under DATA_DIR. */
const FOLDER = 'forward';
/** How long a commit waits for the queue's disk; one that hangs must not keep samples from being taken. */
const DISK_WITHIN_MS = SECOND;
const LOG_EVERY_MS = MINUTE;

export interface ForwardingParts {
  settings: Pick<Env, 'FORWARD_URL' | 'FORWARD_CONFIG' | 'FORWARD_MAX_BYTES' | 'DATA_DIR'>;
  registry: Pick<Registry, 'seriesById'>;
  relays: Pick<Relays, 'chain'>;
}

export interface ForwardingFigures {
  destinations: DestinationFigures[];
  maxBytes: number;
  /** Samples that could not be queued. */
  lostToDisk: number;
}

/**
 * Sends on what this server commits, to others that speak remote write. The rows of a commit are on the disk before the
 * commit begins, so whatever was acknowledged is sent at least once, whenever this process is killed.
 */
export class Forwarding {
  private readonly destinations: Destination[] = [];
  private lostToDisk = 0;
  private loggedAt = Number.NEGATIVE_INFINITY;
  /** The disk has not answered in time, and has not yet. */
  private isDiskStuck = false;

  private constructor(
    private readonly parts: ForwardingParts,
    private readonly queue: ForwardQueue,
    private readonly cursors: Cursors,
  ) {}

  /** Null where the settings name no destination. @throws Error with one sentence when it cannot be */
  static async open(parts: ForwardingParts): Promise<Forwarding | null> {
    const settings = await readDestinations(parts.settings);
    if (settings.length === 0) return null;
    const folder = join(parts.settings.DATA_DIR, FOLDER);
    const queue = await ForwardQueue.open({
      folder,
      maxBytes: parts.settings.FORWARD_MAX_BYTES,
      onAppend: () => forwarding?.notice(),
    });
    let forwarding: Forwarding | undefined;
    try {
      const cursors = await Cursors.open(folder);
      queue.skipTo(cursors.highest);
      forwarding = new Forwarding(parts, queue, cursors);
      await cursors.keepOnly(settings.map(({ name }) => name));
      for (const each of settings) await forwarding.add(each);
      return forwarding;
    } catch (error) {
      await queue.close();
      throw error;
    }
  }

  get figures(): ForwardingFigures {
    return {
      destinations: this.destinations.map(({ figures }) => figures),
      maxBytes: this.parts.settings.FORWARD_MAX_BYTES,
      lostToDisk: this.lostToDisk,
    };
  }

  /** The store, with what it commits queued. To stand behind its circuit breaker: what is not tried is not queued. */
  queueing(samples: SampleStore): SampleStore {
    return { ...samples, append: (rows) => this.append(rows, () => samples.append(rows)) };
  }

  /** Begins to send. */
  start(): void {
    for (const destination of this.destinations) destination.start();
  }

  /** What is queued stays for the next start. */
  async close(): Promise<void> {
    await Promise.all(this.destinations.map((each) => each.close()));
    await this.queue.close();
  }

  private notice(): void {
    for (const destination of this.destinations) destination.notice();
  }

  private async add(settings: DestinationSettings): Promise<void> {
    const { queue, cursors, parts } = this;
    const { name } = settings;
    const fresh = cursors.isDamaged ? queue.start : queue.end;
    const { next, sendingTo } = cursors.progressOf(name) ?? { next: fresh, sendingTo: fresh };
    await cursors.save(name, { next, sendingTo });
    const save = async (progress: Progress) => {
      // A disk that is too full to note it gets room all the same.
      await cursors
        .save(name, progress)
        .catch((error) => this.logSeldom(error, 'how far it is cannot be noted'));
      await queue.removeBefore(cursors.lowest);
    };
    const { registry, relays } = parts;
    const reader = new QueueReader(queue, next);
    const chain = () => relays.chain();
    this.destinations.push(new Destination({ settings, reader, registry, chain, sendingTo, save }));
  }

  /**
   * Queues the rows, commits them, and lets them be sent: but for those that were there already, which whoever stored
   * them sends. Where it is not certain whether the commit was made they are sent.
   */
  private async append(rows: SampleRows, commit: () => Promise<number[]>): Promise<number[]> {
    const queued = this.enqueue(rows);
    await this.waitForDisk(queued);
    let duplicates: number[] = [];
    try {
      duplicates = await commit();
      return duplicates;
    } finally {
      void queued.then((first) => {
        if (first !== null) this.queue.release(first, duplicates);
      });
    }
  }

  /** @returns the index of the first; null when the disk does not take them. Does not throw. */
  private async enqueue(rows: SampleRows): Promise<number | null> {
    const { registry } = this.parts;
    const check = checkOfRows(rows.seriesIds, registry);
    const payload = encodeRows(rows, { queuedAt: Date.now(), check, late: latePositions(rows, registry) });
    try {
      return await this.queue.append(payload, rows.seriesIds.length);
    } catch (error) {
      this.lostToDisk += rows.seriesIds.length;
      this.logSeldom(error, 'samples are stored, but cannot be queued to be forwarded');
      return null;
    }
  }

  private logSeldom(error: unknown, what: string): void {
    if (performance.now() - this.loggedAt < LOG_EVERY_MS) return;
    this.loggedAt = performance.now();
    log().error({ err: error, lost: this.lostToDisk }, what);
  }

  private async waitForDisk(queued: Promise<unknown>): Promise<void> {
    void queued.then(() => {
      this.isDiskStuck = false;
    });
    if (this.isDiskStuck) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), DISK_WITHIN_MS);
    });
    const first = await Promise.race([queued, late]);
    clearTimeout(timer);
    if (first !== 'late') return;
    this.isDiskStuck = true;
    log().error('the disk of what is forwarded does not answer; commits go on without it');
  }
}

/** Positions of samples that are older than what was committed of their series. */
function latePositions(
  { seriesIds, timestamps }: SampleRows,
  { seriesById }: Pick<Registry, 'seriesById'>,
): number[] {
  const late: number[] = [];
  for (let i = 0; i < seriesIds.length; i++)
    if (timestamps[i] < (seriesById.get(seriesIds[i])?.lastSeen ?? 0)) late.push(i);
  return late;
}
