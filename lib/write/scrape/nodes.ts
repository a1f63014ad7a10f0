import { randomUUID } from 'node:crypto';
import { SECOND } from '../../model/time/duration';
import { log } from '../../observe/log';
import type { ScrapingNodesRecord } from '../../records/scraping-nodes';
import { hashOf } from './target';

const ANNOUNCE_EVERY_MS = 2 * SECOND;
/** A node that has not announced itself for so long is gone; others scrape its targets. */
const GONE_AFTER_MS = 8 * SECOND;

/**
 * Which of the nodes on one database scrapes a target. Each announces itself in the database; among those that are
 * there the target goes to the one with the highest hash of both (rendezvous hashing, Thaler and Ravishankar 1998):
 * when a node comes or goes, only its own targets move.
 */
export class ScrapingNodes {
  private readonly id = randomUUID();
  /** Ascending; null until the first announcement. */
  private present: string[] | null = null;
  /** By target, as long as the same nodes are there. */
  private readonly ours = new Map<string, boolean>();
  private timer: NodeJS.Timeout | undefined;
  private announcing: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly record: ScrapingNodesRecord) {
    this.announce();
  }

  isOurs(targetKey: string): boolean {
    let isOurs = this.ours.get(targetKey);
    if (isOurs === undefined) {
      isOurs = this.ownerOf(targetKey) === this.id;
      this.ours.set(targetKey, isOurs);
    }
    return isOurs;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await this.announcing;
    await this.record.remove(this.id).catch((error) => {
      log().warn(
        { err: error },
        'this node is still announced in the database; others take its targets over when that expires',
      );
    });
  }

  /** Null until it is known which nodes there are. */
  private ownerOf(targetKey: string): string | null {
    let owner: string | null = null;
    let highest = -1;
    for (const node of this.present ?? []) {
      const hash = hashOf(node + targetKey);
      if (hash > highest) [owner, highest] = [node, hash];
    }
    return owner;
  }

  /** While the database is away, those known last are taken to be there. */
  private announce(): void {
    this.announcing = this.record
      .announce(this.id, GONE_AFTER_MS)
      .then(
        (ids) => {
          const present = ids.sort();
          if (present.join() !== this.present?.join()) this.ours.clear();
          this.present = present;
        },
        (error) => log().warn({ err: error }, 'which nodes scrape is not known anew'),
      )
      .then(() => {
        if (!this.isClosed) this.timer = setTimeout(() => this.announce(), ANNOUNCE_EVERY_MS).unref();
      });
  }
}
