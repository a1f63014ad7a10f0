import { randomUUID } from 'node:crypto';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { ScrapingNodesRecord } from '../../records/scraping-nodes';
import { hashOf } from './target';

const ANNOUNCE_EVERY_MS = 2 * SECOND;
/** A node that has not announced itself for so long is gone; others scrape its targets. */
const GONE_AFTER_MS = 8 * SECOND;

/**
 * Which of the nodes on one database scrapes a target. Each announces itself in the database; among those that are there
 * the target goes to the one with the highest hash of both (rendezvous hashing, Thaler and Ravishankar 1998): when a node
 * comes or goes, only its own targets move.
 */
export class ScrapingNodes {
  private readonly id = randomUUID();
  /** Ascending; null until the first announcement. */
  private present: string[] | null = null;
  private timer: NodeJS.Timeout | undefined;
  private announcing: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly record: ScrapingNodesRecord) {
    this.announce();
  }

  isOurs(targetKey: string): boolean {
    if (!this.present) return false;
    let [owner, highest] = ['', -1];
    for (const node of this.present) {
      const hash = hashOf(node + targetKey);
      if (hash > highest) [owner, highest] = [node, hash];
    }
    return owner === this.id;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.announcing;
    await this.record.remove(this.id).catch((error) => {
      log().warn(
        { err: error },
        'the database was not told that this node scrapes no more; others wait until it is gone',
      );
    });
  }

  /** While the database is away, those known last are taken to be there. */
  private announce(): void {
    this.announcing = this.record
      .announce(this.id, GONE_AFTER_MS)
      .then(
        (ids) => {
          this.present = ids.sort();
        },
        (error) => log().warn({ err: error }, 'which nodes scrape is not known anew'),
      )
      .then(() => {
        if (!this.isClosed) this.timer = setTimeout(() => this.announce(), ANNOUNCE_EVERY_MS).unref();
      });
  }
}
